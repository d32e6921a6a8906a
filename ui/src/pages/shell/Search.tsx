/** Search over everything one may read (Ctrl+K): items, runs, workspaces, pages. Arrow keys pick, Enter opens. */
import { Input } from '@fluentui/react-components';
import { SearchRegular } from '@fluentui/react-icons';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { Kbd } from '../../parts/Kbd';
import { KindIcon } from '../../parts/KindIcon';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import styles from './Search.module.css';
import { useHits, type Hit } from './hits';

function useSettled(text: string, wait: number): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), wait);
    return () => clearTimeout(timer);
  }, [text, wait]);
  return settled;
}

interface ListProps {
  hits: Hit[];
  active: number;
  onGo: (hit: Hit) => void;
  onHover: (index: number) => void;
}

function HitList({ hits, active, onGo, onHover }: ListProps) {
  const { t } = useTranslation('shell');
  return (
    <ul role="listbox" id="search-results" aria-label={t('search.results')} className={styles.list}>
      {hits.map((hit, index) => (
        <li
          key={hit.to}
          id={`search-${index}`}
          role="option"
          aria-selected={index === active}
          className={styles.hit}
          onMouseMove={() => onHover(index)}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onGo(hit)}
        >
          {hit.icon ? <KindIcon kind={hit.icon} /> : <SearchRegular fontSize={20} aria-hidden />}
          <span className={styles.name}>
            <MiddleEllipsis text={hit.name} />
          </span>
          <span className={styles.place}>{hit.place}</span>
        </li>
      ))}
    </ul>
  );
}

export function Search() {
  const { t } = useTranslation('shell');
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const query = useSettled(text.trim(), 150);
  const { hits, pending, failed } = useHits(query);
  const shown = open && text.trim() !== '';
  const chosen = hits[Math.min(active, hits.length - 1)];

  useEffect(() => {
    const focus = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      input.current?.focus();
      input.current?.select();
    };
    // In the capture phase: editors bind Ctrl+K too.
    window.addEventListener('keydown', focus, true);
    return () => window.removeEventListener('keydown', focus, true);
  }, []);

  const go = (hit: Hit) => {
    setOpen(false);
    setText('');
    input.current?.blur();
    void navigate(hit.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'ArrowDown') setActive((old) => Math.min(old + 1, hits.length - 1));
    else if (event.key === 'ArrowUp') setActive((old) => Math.max(old - 1, 0));
    else if (event.key === 'Enter' && shown && chosen && query === text.trim()) go(chosen);
    else if (event.key === 'Escape') {
      if (text) setText('');
      else input.current?.blur();
    } else return;
    event.preventDefault();
  };
  const message = failed ? t('search.failed') : pending ? t('loading') : t('search.none', { query });

  return (
    <div className={styles.search} role="search">
      <Input
        ref={input}
        className={styles.input}
        value={text}
        placeholder={t('search.placeholder')}
        contentBefore={<SearchRegular />}
        contentAfter={text ? undefined : <Kbd keys="Ctrl+K" />}
        role="combobox"
        aria-label={t('search.label')}
        aria-expanded={shown}
        aria-controls="search-results"
        aria-activedescendant={shown && chosen ? `search-${hits.indexOf(chosen)}` : undefined}
        autoComplete="off"
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
        onChange={(_, data) => {
          setText(data.value);
          setActive(0);
          setOpen(true);
        }}
      />
      {shown && (
        <div className={styles.results}>
          {hits.length > 0 ? (
            <HitList hits={hits} active={chosen ? hits.indexOf(chosen) : -1} onGo={go} onHover={setActive} />
          ) : (
            <p className={styles.none} role="status">
              {message}
            </p>
          )}
        </div>
      )}
    </div>
  );
}
