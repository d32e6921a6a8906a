/** The quota of one workspace: what it keeps, and the limits, where an empty field means the default and 0 none. */
import { Button, Field, Input, Spinner } from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Quota, Storage } from '../../api/schema';
import { useSetQuota } from '../../api/storage';
import { formatNumber } from '../../lib/format';
import { useNotices } from '../../lib/notices';
import { FailureBar } from '../../parts/FailureBar';
import { FieldForm, Hint, Section } from '../../parts/form/Section';
import { SidePanel } from '../../parts/SidePanel';
import { StorageMeter } from '../../parts/StorageMeter';

const LIMITS = ['artifacts_mb', 'files_mb', 'notebooks'] as const;
const KINDS = ['artifacts', 'files', 'notebooks'] as const;

function QuotaForm({ storage, defaults, onClose }: { storage: Storage; defaults: Quota; onClose: () => void }) {
  const { t, i18n } = useTranslation(['people', 'shell', 'capacities']);
  const { notify } = useNotices();
  const save = useSetQuota();
  const [texts, setTexts] = useState(() => {
    const text = (limit: (typeof LIMITS)[number]) => String(storage.quota[limit] ?? '');
    return { artifacts_mb: text('artifacts_mb'), files_mb: text('files_mb'), notebooks: text('notebooks') };
  });
  const sound = (text: string) => /^\d{0,9}$/.test(text.trim());
  const ready = LIMITS.every((limit) => sound(texts[limit]));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready || save.isPending) return;
    const value = (text: string) => (text.trim() ? Number(text.trim()) : null);
    save.mutate(
      {
        place: storage.workspace,
        artifacts_mb: value(texts.artifacts_mb),
        files_mb: value(texts.files_mb),
        notebooks: value(texts.notebooks),
      },
      {
        onSuccess: () => {
          notify({ intent: 'success', title: t('people:storage.saved', { name: storage.name }) });
          onClose();
        },
      },
    );
  };
  const standard = (limit: (typeof LIMITS)[number]) =>
    defaults[limit]
      ? t('people:storage.default', { value: formatNumber(defaults[limit], i18n.language) })
      : t('people:storage.noDefault');
  return (
    <FieldForm onSubmit={submit}>
      {LIMITS.map((limit) => (
        <Field
          key={limit}
          label={t(`people:storage.limit.${limit}`)}
          validationMessage={sound(texts[limit]) ? undefined : t('capacities:field.number')}
        >
          <Input
            inputMode="numeric"
            autoComplete="off"
            value={texts[limit]}
            placeholder={standard(limit)}
            onChange={(_, { value }) => setTexts((old) => ({ ...old, [limit]: value }))}
          />
        </Field>
      ))}
      <Hint>{t('people:storage.empty')}</Hint>
      <FailureBar error={save.error} />
      <div>
        <Button
          type="submit"
          appearance="primary"
          disabled={!ready || save.isPending}
          icon={save.isPending ? <Spinner size="tiny" /> : undefined}
        >
          {t('shell:save')}
        </Button>
      </div>
    </FieldForm>
  );
}

interface Props {
  /** Null: closed. */
  storage: Storage | null;
  defaults: Quota | undefined;
  onClose: () => void;
}

export function QuotaPanel({ storage, defaults, onClose }: Props) {
  const { t } = useTranslation('people');
  return (
    <SidePanel open={storage !== null} title={storage?.name ?? ''} onClose={onClose}>
      {storage && defaults && (
        <Section>
          {KINDS.map((kind) => (
            <StorageMeter key={kind} label={t(`storage.${kind}`)} room={storage[kind]} bytes={kind !== 'notebooks'} />
          ))}
          <QuotaForm key={storage.workspace} storage={storage} defaults={defaults} onClose={onClose} />
        </Section>
      )}
    </SidePanel>
  );
}
