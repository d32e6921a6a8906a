/** The people of an installation, a row each. */
import { Avatar, Badge } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useMe } from '../../api/me';
import type { Person } from '../../api/schema';
import { formatNumber } from '../../lib/format';
import { RelativeTime } from '../../parts/RelativeTime';
import { CellLine, Faint, OpeningRow, PageTable, RowName } from '../../parts/table/PlainTable';
import { PersonState } from './PersonState';

export function PeopleTable({ people, onOpen }: { people: Person[]; onOpen: (id: string) => void }) {
  const { t, i18n } = useTranslation('people');
  const me = useMe().data?.user.id;
  const columns = [
    { label: t('columns.name') },
    { label: t('columns.state'), width: 140 },
    { label: t('columns.lastSeen'), width: 110 },
    { label: t('columns.workspaces'), width: 110, align: 'end' as const },
    { label: t('columns.browsers'), width: 110, align: 'end' as const },
    { label: t('columns.tokens'), width: 110, align: 'end' as const },
  ];
  return (
    <PageTable label={t('title')} columns={columns} minWidth={820}>
      {people.map((person) => (
        <OpeningRow key={person.id} onOpen={() => onOpen(person.id)}>
          <td>
            <CellLine>
              <Avatar size={28} name={person.display_name} color="colorful" aria-hidden />
              <RowName name={person.display_name} onOpen={() => onOpen(person.id)} />
              {person.name !== person.display_name && <Faint>{person.name}</Faint>}
              {person.id === me && <Faint>{t('you')}</Faint>}
              {person.admin && <Badge appearance="tint">{t('state.admin')}</Badge>}
              {person.service && <Badge appearance="tint">{t('service.one')}</Badge>}
            </CellLine>
          </td>
          <td>
            <PersonState person={person} />
          </td>
          <td>{person.last_seen_at === null ? t('never') : <RelativeTime at={person.last_seen_at} />}</td>
          <td data-align="end">{formatNumber(person.workspaces, i18n.language)}</td>
          <td data-align="end">{formatNumber(person.sign_ins, i18n.language)}</td>
          <td data-align="end">{formatNumber(person.tokens, i18n.language)}</td>
        </OpeningRow>
      ))}
    </PageTable>
  );
}
