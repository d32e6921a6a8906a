/** People: who uses this installation, their groups, and what workspaces keep, for its admins. */
import { Button, SearchBox, Tab, TabList } from '@fluentui/react-components';
import { PeopleTeamRegular, PersonAddRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useMe } from '../../api/me';
import { useUsers } from '../../api/users';
import { matches } from '../../lib/match';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { PageHeader } from '../../parts/PageHeader';
import { PageTools } from '../../parts/PageTools';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { AddPerson } from './AddPerson';
import { GroupsTab } from './GroupsTab';
import { IsolationNote } from './IsolationNote';
import styles from './PeoplePage.module.css';
import { PeopleTable } from './PeopleTable';
import { PersonPanel } from './PersonPanel';
import { WorkspacesTab } from './WorkspacesTab';

const TABS = ['people', 'groups', 'workspaces'] as const;

function People() {
  const { t } = useTranslation('people');
  const { data, error, refetch } = useUsers();
  const [search, setSearch] = useSearchParams();
  const filter = search.get('filter') ?? '';
  const set = (key: string, value: string) =>
    setSearch(
      (old) => {
        if (value) old.set(key, value);
        else old.delete(key);
        return old;
      },
      { replace: true },
    );
  const body = () => {
    if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
    if (!data) return <TableSkeleton columns={5} rowHeight={44} />;
    const shown = data.filter((person) => matches(`${person.display_name} ${person.name}`, filter));
    if (!shown.length) return <EmptyState icon={<PeopleTeamRegular />} title={t('noMatch')} />;
    return <PeopleTable people={shown} onOpen={(id) => set('person', id)} />;
  };
  return (
    <>
      <IsolationNote />
      <PageTools
        end={
          <SearchBox
            value={filter}
            placeholder={t('filter')}
            aria-label={t('filter')}
            onChange={(_, { value }) => set('filter', value)}
          />
        }
      >
        <Button appearance="primary" icon={<PersonAddRegular />} onClick={() => set('add', 'person')}>
          {t('add.title')}
        </Button>
      </PageTools>
      {body()}
      <AddPerson open={search.get('add') === 'person'} onClose={() => set('add', '')} />
      <PersonPanel
        person={data?.find((person) => person.id === search.get('person')) ?? null}
        people={data ?? []}
        onClose={() => set('person', '')}
      />
    </>
  );
}

function Tabs() {
  const { t } = useTranslation('people');
  const [search, setSearch] = useSearchParams();
  const tab = TABS.find((one) => one === search.get('tab')) ?? 'people';
  return (
    <>
      <div className={styles.tabs}>
        <TabList
          size="small"
          aria-label={t('title')}
          selectedValue={tab}
          onTabSelect={(_, { value }) => setSearch(value === 'people' ? {} : { tab: String(value) })}
        >
          <Tab value="people">{t('title')}</Tab>
          <Tab value="groups">{t('groups.title')}</Tab>
          <Tab value="workspaces">{t('storage.title')}</Tab>
        </TabList>
      </div>
      {tab === 'people' && <People />}
      {tab === 'groups' && <GroupsTab />}
      {tab === 'workspaces' && <WorkspacesTab />}
    </>
  );
}

export default function PeoplePage() {
  const { t } = useTranslation('people');
  const me = useMe().data;
  return (
    <>
      <PageHeader title={t('title')} icon={<PeopleTeamRegular />} />
      {me && !me.user.admin && <EmptyState icon={<PeopleTeamRegular />} title={t('adminsOnly')} text={t('adminsOnlyText')} />}
      {me?.user.admin && <Tabs />}
    </>
  );
}
