/** The button that shows or hides the rows below a row. The grid's own keys do the same, so that Tab passes it by. */
import { ChevronDownRegular, ChevronRightRegular } from '@fluentui/react-icons';
import styles from './Disclosure.module.css';

interface Props {
  expanded: boolean;
  label: string;
  onExpand: (expanded: boolean) => void;
}

export function Disclosure({ expanded, label, onExpand }: Props) {
  const Chevron = expanded ? ChevronDownRegular : ChevronRightRegular;
  return (
    <button type="button" tabIndex={-1} className={styles.disclosure} aria-label={label} onClick={() => onExpand(!expanded)}>
      <Chevron fontSize={14} />
    </button>
  );
}
