/** Message bars above the cells: a failed save, a missing notebook or session. */
import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { errorDetail } from '../../lib/errors';
import { useEditorActions } from './EditorActions';
import { useExceeded } from './frame/Exceeded';
import type { NotebookHost } from './lab/notebookHost';
import { useSignals } from './lab/signals';
import type { SessionControl } from './useSession';

interface Props {
  host: NotebookHost;
  control: SessionControl;
}

export function Bars(props: Props) {
  return (
    <>
      <SaveBar {...props} />
      <SessionBar {...props} />
    </>
  );
}

function SaveBar({ host }: Props) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const { download } = useEditorActions();
  const navigate = useNavigate();
  const { saver } = host;
  useSignals(saver.changed);
  const { state } = saver;
  if (state.kind === 'gone') {
    return (
      <MessageBar intent="error" shape="square" layout="multiline" style={{ flex: 'none' }}>
        <MessageBarBody>
          <MessageBarTitle>{t('gone.title')}</MessageBarTitle> {t('gone.open')}
        </MessageBarBody>
        <MessageBarActions>
          <Button onClick={download}>{t('home.download')}</Button>
          <Button onClick={() => void navigate('/')}>{t('shell:goHome')}</Button>
        </MessageBarActions>
      </MessageBar>
    );
  }
  if (state.kind !== 'failed') return null;
  return (
    <MessageBar intent="error" shape="square" layout="multiline" style={{ flex: 'none' }}>
      <MessageBarBody>
        <MessageBarTitle>{t('save.failedTitle')}</MessageBarTitle> {t('save.failedText')} {saveReason(state.error)}
      </MessageBarBody>
      <MessageBarActions>
        <Button onClick={() => void saver.save()}>{t('shell:retry')}</Button>
        <Button onClick={download}>{t('home.download')}</Button>
      </MessageBarActions>
    </MessageBar>
  );
}

/** The server's words; a dead line has none worth repeating. */
function saveReason(error: unknown): string {
  return error instanceof Error && 'response' in error ? errorDetail(error) : '';
}

function SessionBar({ host, control }: Props) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const { link } = host;
  useSignals(link.changed);
  const exceeded = useExceeded();
  const dead = control.pill === 'dead';
  const limit = dead ? control.session?.ended : null;
  const ending = dead ? 'dead' : link.ending;
  if (control.pill === 'queued') return <QueueBar control={control} />;
  if (control.pill === 'starting') return null;
  if (control.error && !ending) {
    return (
      <MessageBar intent="error" shape="square" layout="multiline" style={{ flex: 'none' }}>
        <MessageBarBody>
          <MessageBarTitle>{t('session.failed')}</MessageBarTitle> {errorDetail(control.error)}
        </MessageBarBody>
        <MessageBarActions containerAction={<Dismiss onClick={() => link.dismiss()} />}>
          <Button onClick={control.connect}>{t('shell:retry')}</Button>
        </MessageBarActions>
      </MessageBar>
    );
  }
  if (!ending) return null;
  return (
    <MessageBar intent="warning" shape="square" layout="multiline" style={{ flex: 'none' }}>
      <MessageBarBody>
        <MessageBarTitle>
          {limit ? exceeded(limit) : (dead && control.session?.problem) || t(`ending.${ending}`)}
        </MessageBarTitle> {t('ending.text')}
      </MessageBarBody>
      <MessageBarActions containerAction={dead ? undefined : <Dismiss onClick={() => link.dismiss()} />}>
        <Button onClick={() => (dead ? void control.restart() : control.connect())}>
          {t(dead ? 'run.restart' : 'ending.again')}
        </Button>
      </MessageBarActions>
    </MessageBar>
  );
}

/** The place in the queue of a capacity that is full. */
function QueueBar({ control: { session, stop, stopping } }: { control: SessionControl }) {
  const { t } = useTranslation('notebooks');
  if (!session?.queue) return null;
  const { place, own_limit: ownLimit } = session.queue;
  const capacity = session.capacity_name;
  const before = place - 1;
  return (
    <MessageBar intent="info" shape="square" layout="multiline" style={{ flex: 'none' }}>
      <MessageBarBody>
        <MessageBarTitle>
          {ownLimit ? t('queue.own', { capacity }) : t('queue.place', { count: place, ordinal: true, capacity })}
        </MessageBarTitle>{' '}
        {!ownLimit && t(before ? 'queue.before' : 'queue.next', { count: before })} {t('queue.text')}
      </MessageBarBody>
      <MessageBarActions>
        <Button disabled={stopping} onClick={stop}>
          {t('queue.leave')}
        </Button>
      </MessageBarActions>
    </MessageBar>
  );
}

function Dismiss({ onClick }: { onClick: () => void }) {
  const { t } = useTranslation('shell');
  return <Button appearance="transparent" icon={<DismissRegular />} aria-label={t('close')} onClick={onClick} />;
}
