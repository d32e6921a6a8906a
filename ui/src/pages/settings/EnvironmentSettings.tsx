/** Environments: the lists of packages that sessions of the workspace start with, each built once. */
import { Badge, Button } from '@fluentui/react-components';
import { AddRegular, ChevronDownRegular, ChevronRightRegular } from '@fluentui/react-icons';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEnvironments } from '../../api/environments';
import type { Environment, Workspace } from '../../api/schema';
import { formatBytes } from '../../lib/format';
import { ErrorState } from '../../parts/ErrorState';
import { Hint, Section, SectionText } from '../../parts/form/Section';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { EnvironmentActions } from './EnvironmentActions';
import { EnvironmentDetails } from './EnvironmentDetails';
import { NewEnvironment } from './NewEnvironment';
import styles from './EnvironmentSettings.module.css';

function useSummary() {
  const { t, i18n } = useTranslation('settings');
  return ({ state, packages, bytes, notebooks }: Environment) =>
    [
      state === 'building' ? t('environment.isBuilding') : state === 'failed' && t('environment.hasFailed'),
      packages.length > 0 &&
        `${t('environment.count', { count: packages.length })} (${formatBytes(bytes, i18n.language)})`,
      notebooks > 0 && t('environment.notebooks', { count: notebooks }),
    ]
      .filter((part) => part !== false)
      .join(' · ');
}

interface OneProps {
  environment: Environment;
  mayBuild: boolean;
  open: boolean;
  onToggle: () => void;
}

function One({ environment, mayBuild, open, onToggle }: OneProps) {
  const { t } = useTranslation('settings');
  const summary = useSummary();
  const details = useId();
  return (
    <li className={styles.environment}>
      <div className={styles.head}>
        <button type="button" className={styles.name} aria-expanded={open} aria-controls={details} onClick={onToggle}>
          {open ? <ChevronDownRegular /> : <ChevronRightRegular />}
          <span className={styles.title}>{environment.name}</span>
          {environment.is_default && (
            <Badge appearance="tint" size="small">
              {t('environment.default')}
            </Badge>
          )}
          <span className={styles.summary} data-state={environment.state}>
            {summary(environment)}
          </span>
        </button>
        {mayBuild && <EnvironmentActions environment={environment} />}
      </div>
      <div id={details}>{open && <EnvironmentDetails environment={environment} mayBuild={mayBuild} />}</div>
    </li>
  );
}

export function EnvironmentSettings({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation('settings');
  const { data, error, refetch } = useEnvironments(workspace.id);
  const [opened, setOpened] = useState<string | null>();
  const [making, setMaking] = useState(false);
  const mayBuild = workspace.role === 'admin' || workspace.role === 'member';
  const open = opened === undefined && data?.length === 1 ? data[0]?.id : opened;
  return (
    <Section>
      <SectionText>{t('environment.text')}</SectionText>
      {!data && !error && <TableSkeleton rows={3} columns={1} />}
      {error && !data && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data && !mayBuild && <Hint>{t('environment.membersOnly')}</Hint>}
      {data && mayBuild && (
        <div>
          <Button icon={<AddRegular />} onClick={() => setMaking(true)}>
            {t('environment.new')}
          </Button>
        </div>
      )}
      {data?.length === 0 && <Hint>{t('environment.none')}</Hint>}
      {data && (
        <ul className={styles.environments}>
          {data.map((one) => (
            <One
              key={one.id}
              environment={one}
              mayBuild={mayBuild}
              open={open === one.id}
              onToggle={() => setOpened(open === one.id ? null : one.id)}
            />
          ))}
        </ul>
      )}
      {making && (
        <NewEnvironment
          workspace={workspace.id}
          first={data?.length === 0}
          taken={data?.map(({ name }) => name) ?? []}
          onMade={setOpened}
          onClose={() => setMaking(false)}
        />
      )}
    </Section>
  );
}
