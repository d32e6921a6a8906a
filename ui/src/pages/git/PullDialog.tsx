/** Pull: what others have pushed, and a decision for each file that was changed here as well. */
import { Badge, Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Dropdown, Option, Spinner } from '@fluentui/react-components';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { INCOMING, useGitIncoming, usePull } from '../../api/git';
import type { GitIncoming, GitIncomingChange, GitPulled, GitStatus, NotebookMerge } from '../../api/schema';
import { useNotices } from '../../lib/notices';
import { FailureBar } from '../../parts/FailureBar';
import { ReturnFocus } from '../../parts/ReturnFocus';
import { CellConflicts, type CellChoice, type CellChoices } from './CellConflicts';
import { Comparison } from './Comparison';
import { KIND_COLORS } from './kinds';
import styles from './PullDialog.module.css';

type Choice = 'merge' | 'mine' | 'theirs' | 'both';

interface Props {
  workspace: string;
  status: GitStatus;
  onPulled: () => void;
  onClose: () => void;
}

/** Files and commits that are drawn at most. */
const MOST = 300;
const COMMITS = 5;

export function PullDialog({ workspace, status, onPulled, onClose }: Props) {
  const { t } = useTranslation(['git', 'shell']);
  const { notify } = useNotices();
  const { data, error, isFetching, refetch } = useGitIncoming(workspace);
  const pull = usePull();
  const [choices, setChoices] = useState<Partial<Record<string, Choice>>>({});
  const [cells, setCells] = useState<Partial<Record<string, CellChoices>>>({});
  const [shown, setShown] = useState('');
  const { branch } = status.remote;
  const questions = data?.changes.filter(({ here }) => here) ?? [];
  const ready = data !== undefined && data.behind > 0 && questions.every((one) => isDecided(one, choices[one.path], cells[one.path])) && !pull.isPending && !isFetching;
  const done = (pulled: GitPulled) => {
    notify({ intent: 'success', title: t('git:pulled', { branch }), body: t('git:pulledFiles', { count: pulled.taken.length + pulled.combined.length + pulled.copies.length }) });
    if (pulled.problems.length) notify({ intent: 'warning', title: t('git:pullProblems', { count: pulled.problems.length }), body: pulled.problems.slice(0, 5).join('\n') });
    onPulled();
    onClose();
  };
  const submit = () => {
    if (!data) return;
    const decided = Object.fromEntries(questions.map((one) => [one.path, choiceOf(one, choices[one.path]) ?? 'mine']));
    const merged = questions.filter(({ path }) => decided[path] === 'merge').map(({ path }) => [path, chosen(cells[path])]);
    pull.mutate({ workspace, commit: data.commit, choices: decided, cells: Object.fromEntries(merged) }, { onSuccess: done });
  };
  const again = error || pull.error ? (
    <Button disabled={isFetching} onClick={() => { pull.reset(); void refetch(); }}>
      {t('shell:retry')}
    </Button>
  ) : undefined;
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && !pull.isPending && onClose()}>
      <DialogSurface className={styles.surface}>
        <ReturnFocus />
        <DialogBody className={styles.body}>
          <DialogTitle>{t('git:pullTitle', { branch })}</DialogTitle>
          <DialogContent className={styles.content}>
            {isFetching && <Spinner size="tiny" label={t('git:fetching')} labelPosition="after" className={styles.busy} />}
            {data && !isFetching && (
              <Incoming
                incoming={data}
                choices={choices}
                cells={cells}
                onChoose={(path, choice) => setChoices({ ...choices, [path]: choice })}
                onChooseCell={(path, cell, choice) => setCells({ ...cells, [path]: { ...cells[path], [cell]: choice } })}
                onShow={setShown}
              />
            )}
            <FailureBar error={pull.error ?? (isFetching ? null : error)} action={again} />
          </DialogContent>
          <DialogActions>
            {(!data || data.behind > 0) && (
              <Button appearance="primary" disabled={!ready} icon={pull.isPending ? <Spinner size="tiny" /> : undefined} onClick={submit}>
                {data?.behind ? t('git:pullCount', { count: data.behind }) : t('git:pull')}
              </Button>
            )}
            <Button disabled={pull.isPending} onClick={onClose}>
              {t(data?.behind === 0 ? 'shell:close' : 'shell:cancel')}
            </Button>
          </DialogActions>
        </DialogBody>
        {shown && <Comparison workspace={workspace} commit={INCOMING} file={shown} onClose={() => setShown('')} />}
      </DialogSurface>
    </Dialog>
  );
}

/** What is done with a file: as chosen, or else its cells are merged where they can be. */
function choiceOf({ merge }: GitIncomingChange, choice: Choice | undefined): Choice | undefined {
  return choice ?? (merge ? 'merge' : undefined);
}

function isDecided(change: GitIncomingChange, choice: Choice | undefined, cells: CellChoices = {}): boolean {
  const known = choiceOf(change, choice);
  return known === 'merge' ? !!change.merge?.conflicts.every(({ cell }) => cells[cell]) : known !== undefined;
}

function chosen(cells: CellChoices = {}): Record<string, CellChoice> {
  return Object.fromEntries(Object.entries(cells).flatMap(([cell, choice]) => (choice ? [[cell, choice]] : [])));
}

interface IncomingProps {
  incoming: GitIncoming;
  choices: Partial<Record<string, Choice>>;
  cells: Partial<Record<string, CellChoices>>;
  onChoose: (path: string, choice: Choice) => void;
  onChooseCell: (path: string, cell: string, choice: CellChoice) => void;
  onShow: (path: string) => void;
}

function Incoming({ incoming, choices, cells, onChoose, onChooseCell, onShow }: IncomingProps) {
  const { t } = useTranslation('git');
  const { ahead, behind, commits, changes, left_out } = incoming;
  // What needs a decision comes first.
  const sorted = [...changes.filter(({ here }) => here), ...changes.filter(({ here }) => !here)];
  if (behind === 0) return <p className={styles.text}>{t('upToDate')}</p>;
  return (
    <>
      <p className={styles.text}>
        {t('behind', { count: behind })} {ahead > 0 && t('ahead', { count: ahead })}
      </p>
      <ul className={styles.commits} aria-label={t('history')}>
        {commits.slice(0, COMMITS).map((one) => (
          <li key={one.id}>
            <code>{one.id.slice(0, 7)}</code>
            <span className="hl-line">{one.message.split('\n')[0]}</span>
            <span className={styles.author}>{one.author}</span>
          </li>
        ))}
      </ul>
      {behind > COMMITS && <p className={styles.note}>{t('moreCommits', { count: behind - Math.min(commits.length, COMMITS) })}</p>}
      {changes.length === 0 ? (
        <p className={styles.text}>{t('noFiles')}</p>
      ) : (
        <ul className={styles.list} aria-label={t('files')}>
          {sorted.slice(0, MOST).map((one) => (
            <li key={one.path}>
              <button type="button" className={styles.path} title={one.path} onClick={() => onShow(one.path)}>
                {one.path}
              </button>
              <Badge appearance="tint" color={KIND_COLORS[one.kind]}>
                {t(`kind.${one.kind}`)}
              </Badge>
              {one.here && <Decision change={one} here={one.here} choice={choiceOf(one, choices[one.path])} onChoose={(choice) => onChoose(one.path, choice)} />}
              {one.merge && one.merge.conflicts.length > 0 && choiceOf(one, choices[one.path]) === 'merge' && (
                <CellConflicts
                  path={one.path}
                  conflicts={one.merge.conflicts}
                  choices={cells[one.path] ?? {}}
                  onChoose={(cell, choice) => onChooseCell(one.path, cell, choice)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {changes.length > MOST && <p className={styles.note}>{t('moreFiles', { count: changes.length - MOST })}</p>}
      {changes.some(({ here }) => here) && <p className={styles.note}>{t('decide')}</p>}
      {changes.some(({ kind }) => kind !== 'added') && <p className={styles.note}>{t('pullKeeps')}</p>}
      {left_out > 0 && <p className={styles.note}>{t('pullLeftOut', { count: left_out })}</p>}
    </>
  );
}

interface DecisionProps {
  change: GitIncomingChange;
  here: NonNullable<GitIncomingChange['here']>;
  choice: Choice | undefined;
  onChoose: (choice: Choice) => void;
}

function Decision({ change, here, choice, onChoose }: DecisionProps) {
  const { t } = useTranslation('git');
  const { merge } = change;
  const whole: Choice[] = here === 'deleted' || change.kind === 'deleted' ? ['mine', 'theirs'] : ['mine', 'theirs', 'both'];
  const options: Choice[] = merge ? ['merge', ...whole] : whole;
  const label = (one: Choice) =>
    one === 'merge' ? mergeLabel(t, merge) : one === 'mine' && here === 'deleted' ? t('choice.stayDeleted') : one === 'theirs' && change.kind === 'deleted' ? t('choice.delete') : t(`choice.${one}`);
  return (
    <span className={styles.decision}>
      <span className={styles.note}>{t(`here.${here}`)}</span>
      <Dropdown
        size="small"
        className={styles.choice}
        aria-label={t('decision', { path: change.path })}
        placeholder={t('choose')}
        value={choice ? label(choice) : ''}
        selectedOptions={choice ? [choice] : []}
        onOptionSelect={(_, { optionValue }) => onChoose(options.find((one) => one === optionValue) ?? 'mine')}
      >
        {options.map((one) => (
          <Option key={one} value={one} text={label(one)}>
            {label(one)}
          </Option>
        ))}
      </Dropdown>
    </span>
  );
}

/** Such as "Merge: 3 cells of theirs, 2 of mine". */
function mergeLabel(t: TFunction<'git'>, merge: NotebookMerge | null | undefined): string {
  const { theirs = 0, mine = 0, conflicts = [] } = merge ?? {};
  const parts = [
    theirs > 0 || (mine === 0 && conflicts.length === 0) ? t('mergeTheirs', { count: theirs }) : '',
    mine > 0 ? t('mergeMine', { count: mine }) : '',
    conflicts.length > 0 ? t('mergeConflicts', { count: conflicts.length }) : '',
  ].filter(Boolean);
  return t('merge', { what: parts.join(t('mergeComma')) });
}
