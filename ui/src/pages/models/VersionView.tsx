/** Details of a version: source, signature, metrics, and how to use it. */
import { Button, MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { CopyRegular, DeleteRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { versionFiles } from '../../api/artifacts';
import { useDeleteVersion, usePutModelTag, useRemoveModelTag, useUpdateVersion } from '../../api/models';
import type { ModelView, VersionDetail } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { formatNumber } from '../../lib/format';
import { useNotices } from '../../lib/notices';
import { Column, Columns } from '../../parts/Columns';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { FileBrowser } from '../../parts/files/FileBrowser';
import { SectionHeading } from '../../parts/SectionHeading';
import { EditableText } from '../../parts/tags/EditableText';
import { TagList } from '../../parts/tags/TagList';
import { PairTable } from '../runs/PairTable';
import { AliasHistory } from './AliasHistory';
import { AliasList } from './AliasList';
import { CopyVersion } from './CopyVersion';
import { Lineage } from './Lineage';
import { Schema } from './Schema';
import { UseModel } from './UseModel';
import { VersionSource } from './VersionSource';
import styles from './VersionView.module.css';

interface Props {
  model: ModelView;
  detail: VersionDetail;
  onDeleted: () => void;
}

export function VersionView({ model, detail, onDeleted }: Props) {
  const { t, i18n } = useTranslation(['models', 'runs', 'shell']);
  const update = useUpdateVersion();
  const put = usePutModelTag();
  const remove = useRemoveModelTag();
  const { row } = detail;
  const canWrite = useCanWrite(model.workspace);
  const { version } = row;
  const { workspace, name } = model;
  const files = useMemo(() => versionFiles(workspace, name, version), [workspace, name, version]);
  const place = { workspace, model: name, version };
  const metrics = Object.entries(row.metrics)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, value]): [string, string] => [key, formatNumber(value, i18n.language)]);
  const params = Object.entries(row.params).sort(([a], [b]) => a.localeCompare(b));
  return (
    <div className={styles.view}>
      <VersionHead model={model} detail={detail} onDeleted={onDeleted} />
      {detail.card_problem && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{t('cardProblem')}</MessageBarTitle> {detail.card_problem}
          </MessageBarBody>
        </MessageBar>
      )}
      <Lineage workspace={workspace} detail={detail} />
      <Columns>
        <Column>
          <VersionSource workspace={workspace} detail={detail} />
          <UseModel workspace={workspace} detail={detail} />
          <PairTable title={t('runs:metrics.title')} pairs={metrics} empty={t('runs:metrics.none')} />
        </Column>
        <Column>
          <section aria-label={t('aliases.title')}>
            <SectionHeading>{t('aliases.title')}</SectionHeading>
            <AliasList model={model} version={version} aliases={row.aliases} />
            <AliasHistory workspace={workspace} model={name} />
            <SectionHeading>{t('shell:description')}</SectionHeading>
            <EditableText
              text={row.description}
              label={t('shell:description')}
              placeholder={t('runs:noDescription')}
              readOnly={!canWrite}
              onSave={(description) => update.mutateAsync({ ...place, description })}
            />
            <SectionHeading>{t('runs:tags.title')}</SectionHeading>
            <TagList
              tags={row.tags}
              readOnly={!canWrite}
              onPut={(key, value) => put.mutateAsync({ ...place, key, value })}
              onRemove={(key) => remove.mutateAsync({ ...place, key })}
            />
          </section>
          <Schema inputs={detail.inputs} outputs={detail.outputs} />
          <PairTable title={t('runs:params.title')} pairs={params} empty={t('runs:params.none')} />
        </Column>
        <section className={styles.files} aria-label={t('files')}>
          <SectionHeading>{t('files')}</SectionHeading>
          <div className={styles.browser}>
            <FileBrowser source={files} label={t('files')} />
          </div>
        </section>
      </Columns>
    </div>
  );
}

function VersionHead({ model, detail, onDeleted }: Props) {
  const { t } = useTranslation(['models', 'shell']);
  const { notify } = useNotices();
  const remove = useDeleteVersion();
  const [asking, setAsking] = useState(false);
  const [copying, setCopying] = useState(false);
  const { version, aliases } = detail.row;
  const canWrite = useCanWrite(model.workspace);
  return (
    <header className={styles.head}>
      <h2 className={styles.title}>{t('version', { version })}</h2>
      <div>
        <Button size="small" appearance="subtle" icon={<CopyRegular />} onClick={() => setCopying(true)}>
          {t('copy.label')}
        </Button>
        {canWrite && (
          <Button size="small" appearance="subtle" icon={<DeleteRegular />} onClick={() => setAsking(true)}>
            {t('deleteVersion.label')}
          </Button>
        )}
      </div>
      {copying && <CopyVersion model={model} version={version} onClose={() => setCopying(false)} />}
      <ConfirmDialog
        open={asking}
        danger
        title={t('deleteVersion.title', { name: model.name, version })}
        confirmLabel={t('shell:delete')}
        onConfirm={async () => {
          await remove.mutateAsync({ workspace: model.workspace, model: model.name, version });
          notify({ intent: 'success', title: t('deleteVersion.done', { name: model.name, version }) });
          onDeleted();
        }}
        onClose={() => setAsking(false)}
      >
        {aliases.length ? t('deleteVersion.aliased', { aliases: aliases.map((alias) => `@${alias}`).join(', ') }) : t('deleteVersion.text')}
      </ConfirmDialog>
    </header>
  );
}
