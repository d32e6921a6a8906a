/** How curves are drawn: over which axis, on which scale, how smooth. */
import { Dropdown, Label, Option, Slider, Switch, useId } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { historyAxes, type CurveLook } from '../../lib/chartSpec';
import styles from './CurveTools.module.css';
import { useChartWords } from './words';

export function CurveTools({ look, onChange }: { look: CurveLook; onChange: (look: CurveLook) => void }) {
  const { t } = useTranslation('experiments');
  const words = useChartWords();
  const smooth = useId('smooth');
  return (
    <div className={styles.tools}>
      <Dropdown
        size="small"
        className={styles.axis}
        aria-label={t('curves.axis')}
        value={words.axis(look.axis)}
        selectedOptions={[look.axis]}
        onOptionSelect={(_, data) => onChange({ ...look, axis: historyAxes.find((one) => one === data.optionValue) ?? 'step' })}
      >
        {historyAxes.map((one) => (
          <Option key={one} value={one}>
            {words.axis(one)}
          </Option>
        ))}
      </Dropdown>
      <Switch label={t('curves.log')} checked={look.log} onChange={(_, data) => onChange({ ...look, log: data.checked })} />
      <Label htmlFor={smooth} size="small">
        {t('curves.smooth')}
      </Label>
      <Slider id={smooth} size="small" className={styles.slider} min={0} max={95} step={5} value={Math.round(look.smooth * 100)} onChange={(_, data) => onChange({ ...look, smooth: data.value / 100 })} />
    </div>
  );
}
