/** The schedules of the open notebook, and the way to a new one. */
import { Button } from '@fluentui/react-components';
import { CalendarAddRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../../api/client';
import { useSchedules } from '../../../api/schedules';
import type { Notebook } from '../../../api/schema';
import { FailureBar } from '../../../parts/FailureBar';
import { RowList, RowListItem, RowText } from '../../../parts/form/RowList';
import { SectionText } from '../../../parts/form/Section';
import { SidePanel } from '../../../parts/SidePanel';
import { JobState } from '../../schedules/JobState';
import { NextTime } from '../../schedules/NextTime';
import { ScheduleActions } from '../../schedules/ScheduleActions';
import { ScheduleDialog } from '../../schedules/ScheduleDialog';
import { useWhen } from '../../schedules/useWhen';
import styles from './SchedulesPanel.module.css';

interface Props {
  open: boolean;
  record: Notebook;
  onClose: () => void;
}

export function SchedulesPanel({ open, record, onClose }: Props) {
  const { t } = useTranslation('schedules');
  return (
    <SidePanel open={open} title={t('title')} width={520} onClose={onClose}>
      <Schedules record={record} />
    </SidePanel>
  );
}

function Schedules({ record: { workspace, id, name } }: { record: Notebook }) {
  const { t } = useTranslation('schedules');
  const { data, error } = useSchedules(workspace, id);
  const when = useWhen();
  const [adding, setAdding] = useState(false);
  return (
    <div className={styles.content}>
      <SectionText>{t('panelText')}</SectionText>
      <FailureBar error={error} />
      <Button appearance="primary" icon={<CalendarAddRegular />} onClick={() => setAdding(true)}>
        {t('add')}
      </Button>
      {data && data.length > 0 && (
        <RowList label={t('title')}>
          {data.map((schedule) => (
            <RowListItem key={schedule.id}>
              <RowText detail={schedule.last ? <JobState job={schedule.last} /> : <NextTime schedule={schedule} />}>
                <Link className={styles.name} to={path`/workspaces/${workspace}/schedules/${schedule.id}`}>
                  {when(schedule)}
                </Link>
              </RowText>
              <ScheduleActions schedule={schedule} />
            </RowListItem>
          ))}
        </RowList>
      )}
      {adding && <ScheduleDialog workspace={workspace} notebook={id} name={name} schedule={null} onClose={() => setAdding(false)} />}
    </div>
  );
}
