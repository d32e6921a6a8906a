/** Pictures that were logged step by step: one slider for all runs. */
import { Slider } from '@fluentui/react-components';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { imageAt, stepImages, stepsOf, type RunFile } from '../../lib/compareFiles';
import { ChartGrid } from '../../parts/charts/ChartGrid';
import type { Source } from '../../parts/files/source';
import styles from './ImagesByStep.module.css';
import { RunFigure } from './RunFigure';
import type { FileRun } from './sharedFiles';
import { WholeImage } from './WholeImage';

interface Props {
  name: string;
  imageKey: string;
  series: { run: FileRun; source: Source | undefined; files: readonly RunFile[] }[];
}

export function ImagesByStep({ name, imageKey, series }: Props) {
  const { t } = useTranslation('experiments');
  const shown = useMemo(() => series.map((one) => ({ ...one, images: stepImages(one.files, imageKey) })).filter(({ images }) => images.length > 0), [series, imageKey]);
  const steps = useMemo(() => stepsOf(shown.map(({ images }) => images)), [shown]);
  const items = useMemo(() => shown.map(({ run }) => ({ id: run.id, group: '' })), [shown]);
  const [picked, setPicked] = useState<number | null>(null);
  const at = picked === null ? steps.length - 1 : Math.min(picked, steps.length - 1);
  const step = steps[at] ?? 0;
  return (
    <section className={styles.images} aria-label={name}>
      <header className={styles.head}>
        <strong className="hl-line" title={name}>
          {name}
        </strong>
        <span className={styles.aside}>{t('files.inRuns', { count: shown.length, all: series.length })}</span>
        {steps.length > 1 && (
          <Slider
            className={styles.slider}
            aria-label={t('files.step')}
            aria-valuetext={t('files.atStep', { step })}
            min={0}
            max={steps.length - 1}
            value={at}
            onChange={(_, { value }) => setPicked(value)}
          />
        )}
        <span className={styles.step} aria-hidden>
          {t('files.atStep', { step })}
        </span>
      </header>
      <ChartGrid
        label={t('files.cards')}
        items={items}
        card={(id) => {
          const one = shown.find(({ run }) => run.id === id);
          if (!one?.source) return null;
          const image = imageAt(one.images, step);
          return (
            <RunFigure key={id} run={one.run} aside={image && t('files.atStep', { step: image.step })}>
              {image ? (
                <WholeImage src={one.source.content(image.path)} full={one.source.content(image.full)} alt={t('files.stepOf', { key: name, step: image.step, name: one.run.name })} />
              ) : (
                <p className={styles.none}>{t('files.firstStep', { step: one.images[0]?.step })}</p>
              )}
            </RunFigure>
          );
        }}
      />
    </section>
  );
}
