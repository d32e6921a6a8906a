/** Pictures, sounds, films and pages of several runs, one card a run; only those in view are loaded. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { previewLimits, type PreviewKind } from '../../lib/filePreview';
import { formatBytes } from '../../lib/format';
import { ChartGrid } from '../../parts/charts/ChartGrid';
import { FileContent } from '../../parts/files/FilePreview';
import { WholeImage } from '../../parts/files/WholeImage';
import { RunFigure } from './RunFigure';
import type { HeldFile } from './sharedFiles';

export function FileCards({ held, kind }: { held: HeldFile[]; kind: PreviewKind }) {
  const { t, i18n } = useTranslation(['experiments', 'runs']);
  const items = useMemo(() => held.map(({ run }) => ({ id: run.id, group: '' })), [held]);
  return (
    <ChartGrid
      label={t('files.cards')}
      items={items}
      card={(id) => {
        const one = held.find(({ run }) => run.id === id);
        if (!one) return null;
        const { run, source, file } = one;
        const size = file.size === null ? null : formatBytes(file.size, i18n.language);
        return (
          <RunFigure key={id} run={run} aside={size}>
            {kind === 'image' && (file.size ?? 0) <= previewLimits.image ? (
              <WholeImage src={source.content(file.path)} full={source.content(file.path)} alt={t('files.imageOf', { file: file.name, name: run.name })} />
            ) : (
              <FileContent kind={kind} source={source} node={file} />
            )}
            {kind === 'none' && (
              <a href={source.content(file.path, true)} download={file.name}>
                {t('runs:files.download')}
              </a>
            )}
          </RunFigure>
        );
      }}
    />
  );
}
