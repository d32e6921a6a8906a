/** A few lines of code to copy. */
import { CopyButton } from './CopyButton';
import styles from './CodeBlock.module.css';

export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className={styles.block}>
      <pre className={styles.code} tabIndex={0}>
        <code>{code}</code>
      </pre>
      <span className={styles.copy}>
        <CopyButton text={code} label={label} worded />
      </span>
    </div>
  );
}
