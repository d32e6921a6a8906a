/** The notebook's settings; each is kept as soon as it is changed. */
import { Dropdown, Field, Option, Switch } from '@fluentui/react-components';
import { useEffect, useState, type FocusEvent, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useCapacities } from '../../../api/capacities';
import { useEngines } from '../../../api/engines';
import { useAllowPictures, usePictures, useUpdateNotebook } from '../../../api/notebooks';
import type { Notebook } from '../../../api/schema';
import { useWorkspace } from '../../../api/workspaces';
import { replaceDocument } from '../../../lib/pictures';
import { CapacityField } from '../../../parts/CapacityField';
import { EngineField } from '../../../parts/EngineField';
import { FailureBar } from '../../../parts/FailureBar';
import { belongsAtField, cleaned, isSound, NameFields } from '../../../parts/NameFields';
import { SidePanel } from '../../../parts/SidePanel';
import type { NetworkPermission } from '../lab/outputs/network';
import { useSignals } from '../lab/signals';

const MINUTES = [5, 10, 20, 30, 60, 120, 240, 480, 0];

interface Props {
  open: boolean;
  record: Notebook;
  network: NetworkPermission;
  onClose: () => void;
}

export function SettingsPanel({ open, record, network, onClose }: Props) {
  const { t } = useTranslation('notebooks');
  return (
    <SidePanel open={open} title={t('settings.title')} onClose={onClose}>
      {open && <Settings record={record} network={network} />}
    </SidePanel>
  );
}

function Settings({ record, network }: Pick<Props, 'record' | 'network'>) {
  const { t } = useTranslation('notebooks');
  const update = useUpdateNotebook();
  useSignals(network.changed);
  const { data: engines } = useEngines();
  const capacities = useCapacities().data?.capacities;
  const { data: workspace } = useWorkspace(record.workspace);
  const at = { workspace: record.workspace, notebook: record.id };
  const timeouts = MINUTES.includes(record.session_timeout) ? MINUTES : [record.session_timeout, ...MINUTES];
  const minutes = (n: number) => (n ? t('settings.minutes', { count: n }) : t('settings.never'));
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 20, paddingTop: 4 }}>
      <NameForm record={record} />
      <Field label={t('settings.timeout')} hint={t('settings.timeoutHint')}>
        <Dropdown
          value={minutes(record.session_timeout)}
          selectedOptions={[String(record.session_timeout)]}
          onOptionSelect={(_, { optionValue }) => {
            if (optionValue !== undefined) update.mutate({ ...at, session_timeout: Number(optionValue) });
          }}
        >
          {timeouts.map((n) => (
            <Option key={n} value={String(n)} text={minutes(n)}>
              {minutes(n)}
            </Option>
          ))}
        </Dropdown>
      </Field>
      <Field hint={t('settings.autologHint')}>
        <Switch
          checked={record.autolog}
          label={t('settings.autolog')}
          onChange={(_, { checked }) => update.mutate({ ...at, autolog: checked })}
        />
      </Field>
      <Field hint={t('settings.networkHint')}>
        <Switch
          checked={network.allowed}
          label={t('settings.network')}
          onChange={(_, { checked }) => network.set(checked)}
        />
      </Field>
      <PicturesField record={record} />
      <CapacityField
        capacities={capacities}
        value={record.capacity}
        inherited={workspace?.capacity ?? 'this-machine'}
        onChange={(capacity) => update.mutate({ ...at, capacity })}
      />
      <EngineField
        engines={engines ?? []}
        value={record.engine}
        inherited={workspace?.engine ?? 'quick'}
        onChange={(engine) => update.mutate({ ...at, engine })}
      />
      <FailureBar error={update.error} />
    </div>
  );
}

/** This person's own choice; the page's policy is another afterwards, so the page is loaded anew. */
function PicturesField({ record }: { record: Notebook }) {
  const { t } = useTranslation('notebooks');
  const { data } = usePictures(record.workspace, record.id);
  const allow = useAllowPictures();
  const at = { workspace: record.workspace, notebook: record.id };
  return (
    <Field hint={t('pictures.settingHint')} validationMessage={allow.error?.message}>
      <Switch
        checked={data?.allowed ?? false}
        disabled={!data || allow.isPending}
        label={t('pictures.setting')}
        onChange={(_, { checked }) =>
          allow.mutate({ ...at, allowed: checked }, { onSuccess: () => void replaceDocument() })
        }
      />
    </Field>
  );
}

function NameForm({ record }: { record: Notebook }) {
  const { t } = useTranslation('notebooks');
  const update = useUpdateNotebook();
  const [value, setValue] = useState({ name: record.name, description: record.description });
  useEffect(() => setValue({ name: record.name, description: record.description }), [record.name, record.description]);
  const sound = isSound(value, { file: true });

  const keep = () => {
    const wanted = cleaned(value);
    const changed = wanted.name !== record.name || wanted.description !== record.description;
    if (!sound || !changed || update.isPending) return;
    update.mutate({ workspace: record.workspace, notebook: record.id, ...wanted });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keep();
  };
  const left = (event: FocusEvent<HTMLFormElement>) => {
    const { relatedTarget } = event;
    if (!(relatedTarget instanceof Node) || !event.currentTarget.contains(relatedTarget)) keep();
  };
  return (
    <form
      onSubmit={submit}
      onBlur={left}
      noValidate
      style={{ display: 'flex', flexDirection: 'column', gap: 12 }}
      aria-label={t('settings.about')}
    >
      <NameFields
        value={value}
        onChange={(next) => {
          setValue(next);
          update.reset();
        }}
        error={update.error}
        tried
        file
      />
      <button type="submit" hidden />
      {!belongsAtField(update.error) && <FailureBar error={update.error} />}
      <span role="status" style={{ minHeight: 18, color: 'var(--colorNeutralForeground3)', fontSize: 12 }}>
        {update.isSuccess ? t('settings.kept') : t('settings.enter')}
      </span>
    </form>
  );
}
