/** People: who uses this installation, for its admins. */
import { Avatar, Badge, Button, SearchBox } from '@fluentui/react-components';
import { PeopleTeamRegular, PersonAddRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useMe } from '../../api/me';
import type { Person } from '../../api/schema';
import { useUsers } from '../../api/users';
import { formatNumber } from '../../lib/format';
import { matches } from '../../lib/match';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { PageHeader } from '../../parts/PageHeader';
import { RelativeTime } from '../../parts/RelativeTime';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { AddPerson } from './AddPerson';
import styles from './PeoplePage.module.css';
import { IsolationNote } from './IsolationNote';
import { PersonPanel } from './PersonPanel';
import { PersonState } from './PersonState';

function PeopleTable({ people, onOpen }: { people: Person[]; onOpen: (id: string) => void }) {
  const { t, i18n } = useTranslation('people');
  const me = useMe().data?.user.id;
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t('columns.name')}</th>
            <th>{t('columns.state')}</th>
            <th>{t('columns.lastSeen')}</th>
            <th className={styles.number}>{t('columns.workspaces')}</th>
            <th className={styles.number}>{t('columns.browsers')}</th>
            <th className={styles.number}>{t('columns.tokens')}</th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <tr key={person.id} onClick={() => onOpen(person.id)}>
              <td>
                <span className={styles.person}>
                  <Avatar size={28} name={person.display_name} color="colorful" aria-hidden />
                  <button type="button" className={styles.name} onClick={() => onOpen(person.id)}>
                    {person.display_name}
                  </button>
                  {person.name !== person.display_name && <span className={styles.faint}>{person.name}</span>}
                  {person.id === me && <span className={styles.faint}>{t('you')}</span>}
                  {person.admin && <Badge appearance="tint">{t('state.admin')}</Badge>}
                </span>
              </td>
              <td>
                <PersonState person={person} />
              </td>
              <td>{person.last_seen_at === null ? t('never') : <RelativeTime at={person.last_seen_at} />}</td>
              <td className={styles.number}>{formatNumber(person.workspaces, i18n.language)}</td>
              <td className={styles.number}>{formatNumber(person.sign_ins, i18n.language)}</td>
              <td className={styles.number}>{formatNumber(person.tokens, i18n.language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

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
      <div className={styles.tools}>
        <Button appearance="primary" icon={<PersonAddRegular />} onClick={() => set('add', 'person')}>
          {t('add.title')}
        </Button>
        <span style={{ flex: 1 }} />
        <SearchBox value={filter} placeholder={t('filter')} aria-label={t('filter')} onChange={(_, { value }) => set('filter', value)} />
      </div>
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

export default function PeoplePage() {
  const { t } = useTranslation('people');
  const me = useMe().data;
  return (
    <>
      <PageHeader title={t('title')} icon={<PeopleTeamRegular />} />
      {me && !me.user.admin && <EmptyState icon={<PeopleTeamRegular />} title={t('adminsOnly')} text={t('adminsOnlyText')} />}
      {me?.user.admin && <People />}
    </>
  );
}
