/** Pictures that were logged under one name step by step: the one of a step, and a slider for the others. */
import { Button, Spinner } from '@fluentui/react-components';
import { ArrowDownloadRegular, ImageMultipleRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { imageAt, imageName, stepImages, stepsOf } from '../../lib/compareFiles';
import { errorDetail } from '../../lib/errors';
import { folderOf, listingQuery } from './listing';
import type { Source } from './source';
import styles from './StepImages.module.css';
import { StepSlider, useStep } from './StepSlider';
import { WholeImage } from './WholeImage';

interface Props {
  source: Source;
  /** The path that stands for the pictures, of `mergeFiles`. */
  path: string;
  /** What the pictures were logged under, as their paths have it. */
  imageKey: string;
}

export function StepImages({ source, path, imageKey }: Props) {
  const { t } = useTranslation(['experiments', 'runs', 'shell']);
  const { data, error, refetch } = useQuery(listingQuery(source, folderOf(path)));
  const images = useMemo(() => stepImages(data ?? [], imageKey), [data, imageKey]);
  const steps = useMemo(() => stepsOf([images]), [images]);
  const chosen = useStep(steps);
  if (error && !data) {
    return (
      <div role="alert">
        <p>{t('runs:files.failed', { why: errorDetail(error) })}</p>
        <Button onClick={() => void refetch()}>{t('shell:retry')}</Button>
      </div>
    );
  }
  if (!data) return <Spinner size="tiny" label={t('runs:files.loading')} />;
  const name = imageName(imageKey);
  const image = imageAt(images, chosen.step);
  if (!image) return <p>{t('experiments:files.gone', { file: name })}</p>;
  return (
    <section className={styles.images} aria-label={t('runs:files.preview', { name })}>
      <header className={styles.head}>
        <ImageMultipleRegular aria-hidden />
        <span className={`hl-line ${styles.name}`} title={name}>
          {name}
        </span>
        <StepSlider {...chosen} />
        <Button as="a" size="small" icon={<ArrowDownloadRegular />} href={source.content(image.full, true)} download={image.full.slice(image.full.lastIndexOf('/') + 1)}>
          {t('runs:files.download')}
        </Button>
      </header>
      <div className={styles.body}>
        <WholeImage src={source.content(image.path)} full={source.content(image.full)} alt={t('runs:files.imageAtStep', { name, step: image.step })} />
      </div>
    </section>
  );
}
