/** "Notify me": the person's own rules for when to be told about runs of the experiment. */
import { Button, Field, Input, Radio, RadioGroup } from '@fluentui/react-components';
import { DeleteRegular } from '@fluentui/react-icons';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useExperimentColumns } from '../../api/experiments';
import { useMakeNoticeRule, useNoticeRules, useRemoveNoticeRule } from '../../api/notices';
import type { ExperimentView, MakeNoticeRule, NoticeRule } from '../../api/schema';
import { formatNumber } from '../../lib/format';
import { FailureBar } from '../../parts/FailureBar';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { SidePanel } from '../../parts/SidePanel';
import styles from './NoticeRules.module.css';

type Kind = MakeNoticeRule['kind'];
type Direction = NonNullable<MakeNoticeRule['direction']>;
const KINDS: Kind[] = ['failed', 'ended', 'metric'];
const DIRECTIONS: Direction[] = ['above', 'below'];

interface Props {
  experiment: ExperimentView;
  open: boolean;
  onClose: () => void;
}

export function NoticeRules({ experiment, open, onClose }: Props) {
  const { t } = useTranslation(['experiments', 'shell']);
  return (
    <SidePanel open={open} title={t('notify.title')} onClose={onClose}>
      <p className={styles.text}>{t('notify.text')}</p>
      {open && <Rules experiment={experiment} />}
    </SidePanel>
  );
}

function Rules({ experiment: { workspace, id: experiment } }: { experiment: ExperimentView }) {
  const { t } = useTranslation('experiments');
  const { data } = useNoticeRules(workspace, experiment);
  const remove = useRemoveNoticeRule();
  const rules = data?.rules ?? [];
  return (
    <>
      {rules.length > 0 && (
        <ul className={styles.rules} aria-label={t('notify.rules')}>
          {rules.map((rule) => (
            <RuleLine key={rule.id} rule={rule} onRemove={() => remove.mutate({ workspace, experiment, rule: rule.id })} />
          ))}
        </ul>
      )}
      <FailureBar error={remove.error} />
      <RuleForm workspace={workspace} experiment={experiment} />
    </>
  );
}

function RuleLine({ rule, onRemove }: { rule: NoticeRule; onRemove: () => void }) {
  const { t, i18n } = useTranslation('experiments');
  const text = rule.kind === 'metric' ? t(`notify.passes.${rule.direction}`, { metric: rule.metric, value: formatNumber(rule.value, i18n.language) }) : t(`notify.${rule.kind}`);
  return (
    <li>
      <span className="hl-line" title={text}>
        {text}
      </span>
      <Button size="small" appearance="subtle" icon={<DeleteRegular />} aria-label={t('notify.remove', { rule: text })} onClick={onRemove} />
    </li>
  );
}

function RuleForm({ workspace, experiment }: { workspace: string; experiment: string }) {
  const { t } = useTranslation('experiments');
  const metrics = useExperimentColumns(workspace, experiment).data?.metrics ?? [];
  const make = useMakeNoticeRule();
  const [kind, setKind] = useState<Kind>('failed');
  const [metric, setMetric] = useState('');
  const [direction, setDirection] = useState<Direction>('above');
  const [value, setValue] = useState('');
  const threshold = Number(value.trim() || NaN);
  const ready = kind !== 'metric' || (metric !== '' && Number.isFinite(threshold));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready || make.isPending) return;
    make.mutate({ workspace, experiment, kind, ...(kind === 'metric' && { metric, direction, value: threshold }) });
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <Field label={t('notify.when')}>
        <RadioGroup value={kind} onChange={(_, data) => setKind(KINDS.find((one) => one === data.value) ?? 'failed')}>
          {KINDS.map((one) => (
            <Radio key={one} value={one} label={t(`notify.${one}`)} />
          ))}
        </RadioGroup>
      </Field>
      {kind === 'metric' && (
        <>
          <Field label={t('notify.name')}>
            <ChoiceBox value={metric} groups={[{ name: '', choices: metrics.map((id) => ({ id, name: id })) }]} onChoose={setMetric} />
          </Field>
          <RadioGroup layout="horizontal" aria-label={t('notify.direction')} value={direction} onChange={(_, data) => setDirection(DIRECTIONS.find((one) => one === data.value) ?? 'above')}>
            {DIRECTIONS.map((one) => (
              <Radio key={one} value={one} label={t(`notify.direction_${one}`)} />
            ))}
          </RadioGroup>
          <Field label={t('notify.value')}>
            <Input inputMode="decimal" value={value} onChange={(_, data) => setValue(data.value)} />
          </Field>
        </>
      )}
      <FailureBar error={make.error} />
      <Button type="submit" appearance="primary" className={styles.add} disabled={!ready}>
        {t('notify.add')}
      </Button>
    </form>
  );
}
