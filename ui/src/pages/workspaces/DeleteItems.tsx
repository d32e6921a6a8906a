/** Delete one or several items after confirmation; shows progress and failures. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  ProgressBar,
} from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRestoreItem } from '../../api/bin';
import { useDeleteItems, type Deletion } from '../../api/items';
import type { Item } from '../../api/schema';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { KindIcon } from '../../parts/KindIcon';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { ReturnFocus } from '../../parts/ReturnFocus';
import styles from './DeleteItems.module.css';

const SHOWN = 6;

interface Props {
  items: Item[];
  onDone: () => void;
  onClose: () => void;
}

function Names({ items }: { items: Item[] }) {
  const { t } = useTranslation(['workspaces', 'shell']);
  return (
    <ul className={styles.names}>
      {items.slice(0, SHOWN).map((item) => (
        <li key={`${item.kind} ${item.id}`}>
          <KindIcon kind={item.kind} size={16} />
          <MiddleEllipsis text={item.name} />
        </li>
      ))}
      {items.length > SHOWN && <li>{t('remove.others', { count: items.length - SHOWN })}</li>}
    </ul>
  );
}

function Refusals({ result }: { result: Deletion }) {
  const { t } = useTranslation(['workspaces', 'shell']);
  return (
    <div role="alert">
      <p>{t('remove.partial', { done: result.done, count: result.failed.length })}</p>
      <ul className={styles.names}>
        {result.failed.slice(0, SHOWN).map(({ item, error }) => (
          <li key={`${item.kind} ${item.id}`}>
            <KindIcon kind={item.kind} size={16} />
            <span>
              {item.name}: {errorTitle(error)} {errorDetail(error)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function DeleteItems({ items, onDone, onClose }: Props) {
  const { t } = useTranslation(['workspaces', 'shell']);
  const remove = useDeleteItems();
  const restore = useRestoreItem();
  const { notify } = useNotices();
  const [done, setDone] = useState(0);
  const [result, setResult] = useState<Deletion | null>(null);
  const busy = remove.isPending;
  const countOf = (kind: Item['kind']) => items.filter((item) => item.kind === kind).reduce((sum, item) => sum + item.count, 0);
  const runs = countOf('experiment');
  const versions = countOf('model');
  const [first] = items;
  if (!first) return null;
  const title =
    items.length === 1
      ? t(`workspaces:remove.one.${first.kind}`, { name: first.name })
      : t('workspaces:remove.many', { count: items.length });

  /** The toast's Undo; models are deleted for good. */
  const undo = (which: Item[]) => {
    const restorable = which.flatMap(({ kind, id, workspace }) => (kind === 'model' ? [] : [{ kind, id, workspace }]));
    if (!restorable.length) return undefined;
    const act = async () => {
      try {
        for (const item of restorable) await restore.mutateAsync(item);
        notify({ intent: 'success', title: t('workspaces:bin.restoredItems', { count: restorable.length }) });
      } catch (error) {
        notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });
      }
    };
    return { label: t('workspaces:bin.undo'), run: () => void act() };
  };
  const run = async (which: Item[]) => {
    setDone(0);
    setResult(null);
    const outcome = await remove.mutateAsync({ items: which, onProgress: setDone });
    if (outcome.failed.length) {
      setResult(outcome);
      return;
    }
    notify({ intent: 'success', title: t('workspaces:remove.done', { count: outcome.done }), action: undo(which) });
    onDone();
    onClose();
  };
  const left = result ? result.failed.map(({ item }) => item) : items;

  return (
    <Dialog open modalType="alert">
      <DialogSurface
        style={{ maxWidth: 520 }}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !busy) onClose();
        }}
      >
        <ReturnFocus />
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent>
            {result ? (
              <Refusals result={result} />
            ) : (
              <>
                {items.length > 1 && <Names items={items} />}
                {runs > 0 && <p>{t('workspaces:remove.runs', { count: runs })}</p>}
                {versions > 0 && <p>{t('workspaces:remove.versions', { count: versions })}</p>}
                <p>{t('workspaces:remove.text')}</p>
              </>
            )}
            {busy && (
              <ProgressBar
                value={done}
                max={items.length}
                aria-label={t('workspaces:remove.progress', { done, total: items.length })}
              />
            )}
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" className="hl-danger" disabled={busy} onClick={() => void run(left)}>
              {busy
                ? t('workspaces:remove.progress', { done, total: items.length })
                : t(result ? 'shell:retry' : 'shell:delete')}
            </Button>
            <Button
              disabled={busy}
              onClick={() => {
                if (result) onDone();
                onClose();
              }}
            >
              {t(result ? 'shell:close' : 'shell:cancel')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
