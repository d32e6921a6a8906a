/** Stands where the middle of a long output was left out: how much there is, the download, and the end. */
import { Button } from '@fluentui/react-components';
import { ArrowDownloadRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../../../lib/format';
import { useNotices } from '../../../lib/notices';
import { served } from '../../../lib/pathPrefix';
import type { NotebookHost } from '../lab/notebookHost';
import { useSignals } from '../lab/signals';
import { nameOfKind, readTruncation, type Truncation } from '../truncation';
import { LongText } from '../../../parts/LongText';
import styles from './Truncated.module.css';

interface Props {
  data: unknown;
  host: NotebookHost;
}

export function Truncated({ data, host: { link } }: Props) {
  const { t, i18n } = useTranslation('notebooks');
  const { notify } = useNotices();
  useSignals(link.changed);
  const cut = readTruncation(data);
  if (!cut) return <p className={styles.note}>{t('truncated.unreadable')}</p>;
  const number = new Intl.NumberFormat(i18n.language);
  const size = (cut: Truncation) => {
    const name = nameOfKind(cut.kind);
    if (name === 'picture') return t('truncated.picture', { bytes: formatBytes((cut.characters * 3) / 4, i18n.language) }); // base64
    if (name === 'text' && cut.lines > 1) return t('truncated.lines', { count: cut.lines, n: number.format(cut.lines) });
    return t(name === 'text' ? 'truncated.characters' : `truncated.${name}`, { n: number.format(cut.characters) });
  };
  const kernel = link.session?.kernel;

  const download = async () => {
    const url = served(`/jupyter/api/kernels/${kernel}/outputs/${cut.id}`);
    const reply = await fetch(url, { method: 'HEAD' }).catch(() => null);
    if (reply?.ok) location.assign(url); // an attachment: the page stays
    else notify({ intent: 'warning', title: t('truncated.gone') });
  };
  return (
    <div className={styles.truncated}>
      {cut.head && (
        <div className={styles.start} tabIndex={0}>
          <pre className={styles.tail}><LongText text={cut.head} /></pre>
        </div>
      )}
      <div className={styles.note}>
        <span>
          {size(cut)}
          {cut.droppedOutputs > 0 && ` ${t('truncated.outputs', { count: cut.droppedOutputs, n: number.format(cut.droppedOutputs) })}`}
        </span>
        {kernel && cut.characters > 0 && (
          <Button size="small" appearance="subtle" icon={<ArrowDownloadRegular />} onClick={() => void download()}>
            {t(cut.complete ? 'truncated.download' : 'truncated.downloadPart')}
          </Button>
        )}
      </div>
      {cut.tail && (
        <div className={styles.end} tabIndex={0}>
          <pre className={styles.tail}><LongText text={cut.tail} /></pre>
        </div>
      )}
    </div>
  );
}
