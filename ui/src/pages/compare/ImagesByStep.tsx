/** Pictures that were logged step by step: one slider for all runs. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { imageAt, stepImages, stepsOf, type RunFile } from '../../lib/compareFiles';
import { ChartGrid } from '../../parts/charts/ChartGrid';
import type { Source } from '../../parts/files/source';
import { StepSlider, useStep } from '../../parts/files/StepSlider';
import { WholeImage } from '../../parts/files/WholeImage';
import styles from './ImagesByStep.module.css';
import { RunFigure } from './RunFigure';
import type { FileRun } from './sharedFiles';

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
  const chosen = useStep(steps);
  const { step } = chosen;
  return (
    <section className={styles.images} aria-label={name}>
      <header className={styles.head}>
        <strong className="hl-line" title={name}>
          {name}
        </strong>
        <span className={styles.aside}>{t('files.inRuns', { count: shown.length, all: series.length })}</span>
        <StepSlider {...chosen} />
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
