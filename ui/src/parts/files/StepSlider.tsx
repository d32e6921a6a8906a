/** The slider of the steps at which pictures were logged, and the step that it is at. */
import { Slider } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './StepSlider.module.css';

export interface ChosenStep {
  steps: number[];
  at: number;
  step: number;
  choose: (at: number) => void;
}

/** The last of these steps until another one is chosen, so that it follows a run that goes on. */
export function useStep(steps: number[]): ChosenStep {
  const [picked, choose] = useState<number | null>(null);
  const last = steps.length - 1;
  const at = picked === null ? last : Math.min(picked, last);
  return { steps, at, step: steps[at] ?? 0, choose };
}

export function StepSlider({ steps, at, step, choose }: ChosenStep) {
  const { t } = useTranslation('experiments');
  return (
    <>
      {steps.length > 1 && (
        <Slider
          className={styles.slider}
          aria-label={t('files.step')}
          aria-valuetext={t('files.atStep', { step })}
          min={0}
          max={steps.length - 1}
          value={at}
          onChange={(_, { value }) => choose(value)}
        />
      )}
      <span className={styles.step} aria-hidden={steps.length > 1}>
        {t('files.atStep', { step })}
      </span>
    </>
  );
}
