/** Copies and downloads of a displayed frame: all rows that match, through the session; without it those in the output. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Spinner, Tooltip } from '@fluentui/react-components';
import { ArrowDownloadRegular, CheckmarkRegular, CopyRegular } from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { saveFile } from '../../../lib/fileSave';
import { useNotices } from '../../../lib/notices';
import { askFile, type FrameQuery } from '../lab/displayed';
import type { KernelRequests } from '../lab/kernelRequests';
import { arrange, toCsv, type Frame } from './frame';
import { isComplete } from './useRows';

/** Cells that go to the clipboard at most. */
const LARGEST_COPY = 1_000_000;

interface Props {
  frame: Frame;
  displayed: KernelRequests | null;
  asked: FrameQuery;
  /** Rows that match. */
  count: number;
  name: string;
}

export function FrameExport({ frame, displayed, asked, count, name }: Props) {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  const [done, setDone] = useState(false);
  const [part, setPart] = useState<number | null>(null);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(timer);
  }, [done]);
  const file = name.replace(/\.ipynb$/, '') || 'data';
  const attempt = async (run: () => Promise<void>) => {
    try {
      await run();
    } catch (error) {
      notify({ intent: 'error', title: (error instanceof Error && error.message) || t('frame.ended') });
    } finally {
      setPart(null);
    }
  };
  const all = (source: KernelRequests, kind: 'csv' | 'parquet') => {
    setPart(0);
    return askFile(source, asked, kind, setPart);
  };
  const copy = () =>
    attempt(async () => {
      const near = isComplete(frame) && asked.filters.length === 0;
      if (displayed && !near && count * frame.columns.length > LARGEST_COPY) {
        notify({ intent: 'warning', title: t('frame.copyTooLarge') });
        return;
      }
      const text =
        displayed && !near
          ? await (await all(displayed, 'csv')).text()
          : toCsv(frame, arrange(frame, asked.search, asked.sort));
      await navigator.clipboard.writeText(text);
      setDone(true);
    });
  const download = (source: KernelRequests, kind: 'csv' | 'parquet') =>
    attempt(async () => saveFile(`${file}.${kind}`, await all(source, kind)));

  return (
    <>
      <Tooltip content={done ? t('frame.copied') : t('frame.copy')} relationship="label">
        <Button
          size="small"
          appearance="subtle"
          icon={done ? <CheckmarkRegular /> : <CopyRegular />}
          disabled={part !== null}
          onClick={() => void copy()}
        />
      </Tooltip>
      {displayed && (
        <Menu positioning="below-end">
          <MenuTrigger disableButtonEnhancement>
            <Tooltip content={t('frame.download')} relationship="label">
              <Button
                size="small"
                appearance="subtle"
                disabled={part !== null}
                icon={part === null ? <ArrowDownloadRegular /> : <Spinner size="extra-tiny" />}
              >
                {part ? `${Math.round(part * 100)} %` : undefined}
              </Button>
            </Tooltip>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItem onClick={() => void download(displayed, 'csv')}>{t('frame.downloadCsv')}</MenuItem>
              <MenuItem onClick={() => void download(displayed, 'parquet')}>{t('frame.downloadParquet')}</MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
    </>
  );
}
