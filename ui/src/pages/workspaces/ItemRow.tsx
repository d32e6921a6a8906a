/** One item in the list. */
import { Button, Checkbox } from '@fluentui/react-components';
import { MoreHorizontalRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { itemPath } from '../../api/items';
import { useMe } from '../../api/me';
import type { Item } from '../../api/schema';
import { useNotebookSession } from '../../api/sessions';
import { KindIcon } from '../../parts/KindIcon';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { RelativeTime } from '../../parts/RelativeTime';
import type { MenuAt } from './ItemMenu';
import styles from './ItemTable.module.css';

interface Props {
  item: Item;
  index: number;
  top: number;
  focusable: boolean;
  picked: boolean;
  onPick: (range: boolean) => void;
  onFocus: () => void;
  onMenu: (target: MenuAt['target']) => void;
}

function SessionStatus({ notebook }: { notebook: string }) {
  const { t } = useTranslation('workspaces');
  const session = useNotebookSession(notebook);
  if (!session) return null;
  return (
    <span className={styles.session} data-state={session.state}>
      {t(`status.session.${session.state}`)}
    </span>
  );
}

function Status({ item }: { item: Item }) {
  const { t } = useTranslation('workspaces');
  if (item.kind === 'notebook') return <SessionStatus notebook={item.id} />;
  return <>{t(item.kind === 'experiment' ? 'status.runs' : 'status.versions', { count: item.count })}</>;
}

export function ItemRow({ item, index, top, focusable, picked, onPick, onFocus, onMenu }: Props) {
  const { t } = useTranslation(['workspaces', 'shell']);
  const me = useMe().data?.user;
  const mine = me !== undefined && [me.id, me.name, me.display_name].includes(item.owner);
  const tabIndex = focusable ? 0 : -1;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={picked}
      data-index={index}
      tabIndex={tabIndex}
      className={`${styles.row} ${styles.item} ${picked ? styles.picked : ''}`}
      style={{ transform: `translateY(${top}px)` }}
      onFocus={(event) => {
        if (event.target === event.currentTarget) onFocus();
      }}
      onContextMenu={(event) => {
        event.preventDefault();
        // The menu key has no pointer: the row itself is the place.
        if (event.clientX === 0 && event.clientY === 0) onMenu(event.currentTarget);
        else onMenu({ getBoundingClientRect: () => new DOMRect(event.clientX, event.clientY, 0, 0) });
      }}
    >
      <span role="gridcell">
        <Checkbox
          checked={picked}
          tabIndex={tabIndex}
          aria-label={t('workspaces:pick', { name: item.name })}
          onClick={(event) => {
            event.preventDefault();
            onPick(event.shiftKey);
          }}
          onChange={() => undefined}
        />
      </span>
      <span role="gridcell" data-column="name">
        <Link to={itemPath(item)} tabIndex={tabIndex} className={styles.name}>
          <KindIcon kind={item.kind} />
          <MiddleEllipsis text={item.name} />
        </Link>
      </span>
      <span role="gridcell" data-column="kind">
        {t(`shell:kinds.${item.kind}`)}
      </span>
      <span role="gridcell" data-column="owner" className="hl-line" title={item.owner}>
        {mine ? t('workspaces:me') : item.owner}
      </span>
      <span role="gridcell" data-column="modified">
        <RelativeTime at={item.modified_at} />
      </span>
      <span role="gridcell" data-column="status" className="hl-line">
        <Status item={item} />
      </span>
      <span role="gridcell">
        <Button
          appearance="subtle"
          size="small"
          tabIndex={tabIndex}
          className={styles.more}
          icon={<MoreHorizontalRegular />}
          aria-label={t('workspaces:actionsOf', { name: item.name })}
          aria-haspopup="menu"
          onClick={(event) => onMenu(event.currentTarget)}
        />
      </span>
    </div>
  );
}
