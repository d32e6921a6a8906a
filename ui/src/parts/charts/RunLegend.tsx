/** The compared runs and their colours, one legend for all charts. */
import { Button } from '@fluentui/react-components';
import { DismissRegular, EyeOffRegular, EyeRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { runLabels, type ChartRun } from '../../lib/chartData';
import { MiddleEllipsis } from '../MiddleEllipsis';
import styles from './RunLegend.module.css';

interface Props {
  runs: ChartRun[];
  colors: Map<string, string>;
  /** Runs that charts leave out. */
  hidden: string[];
  onHide: (id: string) => void;
  onRemove: (id: string) => void;
}

export function RunLegend({ runs, colors, hidden, onHide, onRemove }: Props) {
  const { t } = useTranslation('experiments');
  const labels = runLabels(runs);
  return (
    <ul className={styles.legend} aria-label={t('compare.legend')}>
      {runs.map((run) => (
        <li key={run.run_id} className={styles.run} data-hidden={hidden.includes(run.run_id) || undefined}>
          <span className={styles.dot} style={{ background: colors.get(run.run_id) }} aria-hidden />
          <MiddleEllipsis text={labels.get(run.run_id) ?? run.name} />
          <Button
            size="small"
            appearance="transparent"
            className={styles.remove}
            icon={hidden.includes(run.run_id) ? <EyeOffRegular /> : <EyeRegular />}
            aria-label={t(hidden.includes(run.run_id) ? 'list.showInCharts' : 'list.hideInCharts', { name: run.name })}
            onClick={() => onHide(run.run_id)}
          />
          <Button
            size="small"
            appearance="transparent"
            className={styles.remove}
            icon={<DismissRegular />}
            aria-label={t('compare.remove', { name: run.name })}
            onClick={() => onRemove(run.run_id)}
          />
        </li>
      ))}
    </ul>
  );
}
