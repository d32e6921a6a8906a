/** The parts of settings: a section with a title, texts and fields below each other. */
import type { FormEvent, ReactNode } from 'react';
import styles from './Section.module.css';

interface Props {
  children: ReactNode;
}

export function Section({ children }: Props) {
  return <div className={styles.section}>{children}</div>;
}

export function SectionTitle({ children }: Props) {
  return <h3 className={styles.title}>{children}</h3>;
}

export function SectionText({ children }: Props) {
  return <p className={styles.text}>{children}</p>;
}

/** A text in small grey letters: what is missing, or why a field cannot be changed. */
export function Hint({ children }: Props) {
  return <p className={styles.hint}>{children}</p>;
}

export function FieldForm({ children, onSubmit }: Props & { onSubmit: (event: FormEvent) => void }) {
  return (
    <form onSubmit={onSubmit} className={styles.fields} noValidate>
      {children}
    </form>
  );
}
