/** Side panel to choose runs for a comparison. */
import { Button } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { SidePanel } from '../../parts/SidePanel';
import type { Pick } from './address';
import { ChooseRuns, type ChangePicks } from './ChooseRuns';

interface Props {
  open: boolean;
  picks: Pick[];
  changePicks: ChangePicks;
  onClose: () => void;
}

export function AddRuns({ open, picks, changePicks, onClose }: Props) {
  const { t } = useTranslation(['experiments', 'shell']);
  return (
    <SidePanel
      open={open}
      title={t('across.add')}
      onClose={onClose}
      footer={
        <Button appearance="primary" onClick={onClose}>
          {t('shell:close')}
        </Button>
      }
    >
      <ChooseRuns picks={picks} changePicks={changePicks} />
    </SidePanel>
  );
}
