/** The runs of the list as a file, on the clipboard, or as the Python that asks for the same. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Spinner } from '@fluentui/react-components';
import { ArrowDownloadRegular, ArrowExportRegular, ClipboardRegular, CodeRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../api/client';
import { readAllRuns } from '../../api/runs';
import type { ExperimentView } from '../../api/schema';
import { toCsv } from '../../lib/chartTable';
import { errorDetail, errorTitle } from '../../lib/errors';
import { saveFile } from '../../lib/fileSave';
import { useNotices } from '../../lib/notices';
import { fullAddress } from '../../lib/pathPrefix';
import { runsTable, searchSnippet, toTsv, type ExportedRun } from '../../lib/runsExport';
import type { ExperimentState } from './address';
import { orderTexts } from './useRunRows';

interface Props {
  experiment: ExperimentView;
  state: ExperimentState;
  columns: string[];
}

export function ExportMenu({ experiment, state, columns }: Props) {
  const { t } = useTranslation('experiments');
  const { notify } = useNotices();
  const [busy, setBusy] = useState(false);
  const order = orderTexts(state);

  const withRuns = async (handle: (runs: ExportedRun[]) => void | Promise<void>) => {
    setBusy(true);
    try {
      await handle(await readAllRuns(experiment.workspace, experiment.id, state.filter, order, columns));
    } catch (error) {
      notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });
    } finally {
      setBusy(false);
    }
  };
  const saveCsv = () =>
    withRuns((runs) => {
      const text = toCsv(runsTable(runs, columns));
      saveFile(`${experiment.name}.csv`, new Blob(['\ufeff', text], { type: 'text/csv' }));
    });
  const saveParquet = () =>
    withRuns(async (runs) => {
      const { runsParquet } = await import('../../lib/runsParquet');
      const type = 'application/vnd.apache.parquet';
      saveFile(`${experiment.name}.parquet`, new Blob([runsParquet(runs, columns)], { type }));
    });
  const copyTable = () =>
    withRuns(async (runs) => {
      const table = runsTable(runs, columns);
      await navigator.clipboard.writeText(toTsv(table));
      notify({ intent: 'success', title: t('export.copied', { count: table.rows.length }), body: t('export.paste') });
    });
  const copyPython = async () => {
    const tracking = fullAddress(path`/mlflow/${experiment.workspace}`);
    await navigator.clipboard.writeText(searchSnippet(experiment.name, tracking, state.filter, order));
    notify({ intent: 'success', title: t('export.copiedPython'), body: t('export.pastePython') });
  };
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button icon={busy ? <Spinner size="tiny" /> : <ArrowExportRegular />} disabled={busy}>
          {t('export.label')}
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem icon={<ArrowDownloadRegular />} onClick={() => void saveCsv()}>
            {t('export.csv')}
          </MenuItem>
          <MenuItem icon={<ArrowDownloadRegular />} onClick={() => void saveParquet()}>
            {t('export.parquet')}
          </MenuItem>
          <MenuItem icon={<ClipboardRegular />} onClick={() => void copyTable()}>
            {t('export.copy')}
          </MenuItem>
          <MenuItem icon={<CodeRegular />} onClick={() => void copyPython()}>
            {t('export.python')}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
