/** Render Markdown as React elements, never as HTML, so that logged text cannot inject markup (XSS). */
import { useQuery } from '@tanstack/react-query';
import type { Token, Tokens } from 'marked';
import { createContext, Fragment, useContext, type ReactNode } from 'react';
import { LongText } from './LongText';
import styles from './Markdown.module.css';

async function parse(text: string): Promise<Token[]> {
  const { lexer } = await import('marked');
  return lexer(text);
}

/** The address of a logged file by its path; null where a text has no files beside it. */
export const Pictures = createContext<((file: string) => string) | null>(null);

/** The level of the largest heading. A page has its own h1 to h3: what is written inside it stands below them. */
const Level = createContext(4);

export function Markdown({ text, level = 4 }: { text: string; level?: 2 | 4 }) {
  const { data } = useQuery({ queryKey: ['markdown', text], queryFn: () => parse(text), staleTime: Infinity });
  return (
    <Level.Provider value={level}>
      <div className={styles.text}>{data ? <All tokens={data} /> : text}</div>
    </Level.Provider>
  );
}

function All({ tokens }: { tokens: Token[] | undefined }) {
  return (tokens ?? []).map((token, at) => <Fragment key={at}>{shown(token)}</Fragment>);
}

/** Allowed link targets: http(s), mailto and this site. */
export function isSafeLink(href: string): boolean {
  return /^(https?:|mailto:)/i.test(href) || /^[/#?]/.test(href);
}

/** `marked` names its tokens by `type`; unknown ones are shown as they were typed. */
function shown(token: Token): ReactNode {
  switch (token.type) {
    case 'space':
      return null;
    case 'heading':
      return (
        <Heading depth={token.depth}>
          <All tokens={token.tokens} />
        </Heading>
      );
    case 'paragraph':
      return (
        <p>
          <All tokens={token.tokens} />
        </p>
      );
    case 'text':
    case 'escape':
      return 'tokens' in token && token.tokens ? <All tokens={token.tokens} /> : <LongText text={entities(token.text)} />;
    case 'strong':
      return (
        <strong>
          <All tokens={token.tokens} />
        </strong>
      );
    case 'em':
      return (
        <em>
          <All tokens={token.tokens} />
        </em>
      );
    case 'del':
      return (
        <del>
          <All tokens={token.tokens} />
        </del>
      );
    case 'codespan':
      return <code>{entities(token.text)}</code>;
    case 'code':
      return (
        <pre>
          <code>
            <LongText text={token.text} />
          </code>
        </pre>
      );
    case 'br':
      return <br />;
    case 'hr':
      return <hr />;
    case 'blockquote':
      return (
        <blockquote>
          <All tokens={token.tokens} />
        </blockquote>
      );
    default:
      return larger(token);
  }
}

function isList(token: Token): token is Tokens.List {
  return token.type === 'list' && 'items' in token;
}

function isTable(token: Token): token is Tokens.Table {
  return token.type === 'table' && 'rows' in token;
}

function isLink(token: Token): token is Tokens.Link | Tokens.Image {
  return token.type === 'link' || token.type === 'image';
}

function larger(token: Token): ReactNode {
  if (isList(token)) {
    const items = token.items.map((item, at) => (
      <li key={at}>
        <All tokens={item.tokens} />
      </li>
    ));
    return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
  }
  if (isTable(token)) {
    return (
      <table>
        <thead>
          <tr>
            {token.header.map((cell, at) => (
              <th key={at}>
                <All tokens={cell.tokens} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column}>
                  <All tokens={cell.tokens} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    );
  }
  if (isLink(token)) {
    if (token.type === 'image') return <Picture href={token.href} text={token.text} />;
    const words = <All tokens={token.tokens} />;
    if (!isSafeLink(token.href)) return words;
    return (
      <a href={token.href} target="_blank" rel="noreferrer">
        {words}
      </a>
    );
  }
  return token.raw;
}

/** A picture of the text itself or of the files beside it; one of another address would tell its server who reads, so it is a link. */
function Picture({ href, text }: { href: string; text: string }) {
  const files = useContext(Pictures);
  const own = /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$/.test(href) ? href : files && /^[^/#?:][^:?#]*$/.test(href) ? files(decoded(href)) : null;
  if (own !== null) return <img className={styles.picture} src={own} alt={text} />;
  if (!isSafeLink(href)) return text || href;
  return (
    <a href={href} target="_blank" rel="noreferrer">
      {text || href}
    </a>
  );
}

/** Paths in Markdown may be written as in a URL, with %20 for a space. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const LOOKS = [styles.first, styles.second, styles.third];

function Heading({ depth, children }: { depth: number; children: ReactNode }) {
  const below = Math.min(Math.max(depth, 1), 3) - 1;
  const Tag: 'h2' | 'h3' | 'h4' | 'h5' | 'h6' = (['h2', 'h3', 'h4', 'h5', 'h6'] as const)[useContext(Level) - 2 + below] ?? 'h6';
  return <Tag className={LOOKS[below]}>{children}</Tag>;
}

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };

/** `marked` escapes texts for HTML; React does that itself. */
function entities(text: string): string {
  return text.replace(/&(?:lt|gt|quot|#39|amp);/g, (found) => ENTITIES[found] ?? found);
}
