/** The fields of a schedule: when, with which parameters, and what happens around a run. */
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Dropdown,
  Field,
  Input,
  Option,
  Switch,
  ToggleButton,
} from '@fluentui/react-components';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useScheduleTimes } from '../../api/schedules';
import { UNIT_SECONDS, type Unit } from '../../lib/cron';
import { errorDetail } from '../../lib/errors';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { ChoiceFields } from './ChoiceFields';
import { KINDS, whenOf, type Draft } from './draft';
import { ParameterFields } from './ParameterFields';
import styles from './ScheduleFields.module.css';
import { dayName, useWhen } from './useWhen';

const DAYS = [1, 2, 3, 4, 5, 6, 0];
const WEBHOOK = 'https://hooks.example.com/...';
const UNITS: Unit[] = ['minutes', 'hours', 'days'];

interface Props {
  draft: Draft;
  onChange: (changes: Partial<Draft>) => void;
}

export function ScheduleFields({ workspace, ...props }: Props & { workspace: string }) {
  return (
    <>
      <Repeat {...props} />
      <NextTimes {...props} />
      <ParameterFields parameters={props.draft.parameters} onChange={(parameters) => props.onChange({ parameters })} />
      <ChoiceFields className={styles.row} workspace={workspace} chosen={props.draft} onChange={props.onChange} />
      <Around {...props} />
    </>
  );
}

function Repeat({ draft, onChange }: Props) {
  const { t } = useTranslation('schedules');
  return (
    <>
      <div className={styles.row}>
        <Field label={t('form.repeat')}>
          <Dropdown
            value={t(`form.kinds.${draft.kind}`)}
            selectedOptions={[draft.kind]}
            onOptionSelect={(_, { optionValue }) => onChange({ kind: KINDS.find((kind) => kind === optionValue) ?? 'daily' })}
          >
            {KINDS.map((kind) => (
              <Option key={kind} value={kind}>
                {t(`form.kinds.${kind}`)}
              </Option>
            ))}
          </Dropdown>
        </Field>
        <At draft={draft} onChange={onChange} />
      </div>
      {draft.kind === 'weekly' && <Weekdays draft={draft} onChange={onChange} />}
      {draft.kind !== 'interval' && <TimeZone draft={draft} onChange={onChange} />}
    </>
  );
}

function At({ draft, onChange }: Props) {
  const { t } = useTranslation('schedules');
  if (draft.kind === 'interval') {
    return (
      <>
        <Field label={t('form.every')}>
          <Input type="number" min={1} value={draft.count} onChange={(_, { value }) => onChange({ count: value })} />
        </Field>
        <Field label={t('form.unit')}>
          <Dropdown
            value={t(`form.units.${draft.unit}`)}
            selectedOptions={[draft.unit]}
            onOptionSelect={(_, { optionValue }) => onChange({ unit: UNITS.find((unit) => unit === optionValue) ?? 'hours' })}
          >
            {Object.keys(UNIT_SECONDS).map((unit) => (
              <Option key={unit} value={unit}>
                {t(`form.units.${UNITS.find((one) => one === unit) ?? 'hours'}`)}
              </Option>
            ))}
          </Dropdown>
        </Field>
      </>
    );
  }
  if (draft.kind === 'hourly') {
    return (
      <Field label={t('form.minute')}>
        <Input type="number" min={0} max={59} value={draft.minute} onChange={(_, { value }) => onChange({ minute: value })} />
      </Field>
    );
  }
  if (draft.kind === 'cron') {
    return (
      <Field label={t('form.cron')} hint={t('form.cronHint')}>
        <Input value={draft.cron} spellCheck={false} onChange={(_, { value }) => onChange({ cron: value })} />
      </Field>
    );
  }
  return (
    <>
      {draft.kind === 'monthly' && (
        <Field label={t('form.day')}>
          <Input type="number" min={1} max={31} value={draft.day} onChange={(_, { value }) => onChange({ day: value })} />
        </Field>
      )}
      <Field label={t('form.time')}>
        <Input type="time" value={draft.time} onChange={(_, { value }) => onChange({ time: value || '00:00' })} />
      </Field>
    </>
  );
}

function Weekdays({ draft, onChange }: Props) {
  const { t, i18n } = useTranslation('schedules');
  const toggle = (day: number) => {
    const others = draft.days.filter((one) => one !== day);
    const days = others.length === draft.days.length ? [...others, day] : others;
    if (days.length) onChange({ days: days.sort((a, b) => a - b) });
  };
  return (
    <div className={styles.days} role="group" aria-label={t('form.days')}>
      {DAYS.map((day) => (
        <ToggleButton
          key={day}
          size="small"
          checked={draft.days.includes(day)}
          aria-label={dayName(day, i18n.language)}
          onClick={() => toggle(day)}
        >
          {dayName(day, i18n.language, 'short')}
        </ToggleButton>
      ))}
    </div>
  );
}

function TimeZone({ draft, onChange }: Props) {
  const { t } = useTranslation('schedules');
  const groups = useMemo(() => {
    const names = [...new Set(['UTC', draft.timezone, ...Intl.supportedValuesOf('timeZone')])].sort();
    return [{ name: t('form.zone'), choices: names.map((name) => ({ id: name, name })) }];
  }, [draft.timezone, t]);
  return (
    <Field label={t('form.zone')}>
      <ChoiceBox aria-label={t('form.zone')} value={draft.timezone} groups={groups} onChoose={(timezone) => onChange({ timezone })} />
    </Field>
  );
}

/** The schedule in words and its next times; or why it cannot be kept. */
function NextTimes({ draft }: Props) {
  const { t, i18n } = useTranslation('schedules');
  const when = whenOf(draft);
  const words = useWhen();
  const { data, error } = useScheduleTimes(when);
  const format = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'full', timeStyle: 'short' });
  return (
    <div className={styles.next} role="status">
      {error ? <span className={styles.problem}>{errorDetail(error)}</span> : <strong>{words(when)}</strong>}
      {!error && data && (
        <>
          <span>{t('form.next')}</span>
          {data.map((time) => (
            <span key={time}>{format.format(time)}</span>
          ))}
        </>
      )}
    </div>
  );
}

/** Retries, limits and who is told. */
function Around({ draft, onChange }: Props) {
  const { t } = useTranslation('schedules');
  return (
    <Accordion collapsible>
      <AccordionItem value="around">
        <AccordionHeader size="small">{t('form.more')}</AccordionHeader>
        <AccordionPanel>
          <div className={styles.row}>
            <Field label={t('form.retries')}>
              <Input type="number" min={0} max={10} value={draft.retries} onChange={(_, { value }) => onChange({ retries: value })} />
            </Field>
            <Field label={t('form.retryMinutes')}>
              <Input
                type="number"
                min={1}
                value={draft.retryMinutes}
                disabled={!Number(draft.retries)}
                onChange={(_, { value }) => onChange({ retryMinutes: value })}
              />
            </Field>
            <Field label={t('form.maxMinutes')}>
              <Input type="number" min={0} value={draft.maxMinutes} onChange={(_, { value }) => onChange({ maxMinutes: value })} />
            </Field>
          </div>
          <div className={styles.switches}>
            <Switch checked={draft.skipIfRunning} label={t('form.skipIfRunning')} onChange={(_, { checked }) => onChange({ skipIfRunning: checked })} />
            <Switch checked={draft.catchUp} label={t('form.catchUp')} onChange={(_, { checked }) => onChange({ catchUp: checked })} />
            <Switch checked={draft.notify} label={t('form.notify')} onChange={(_, { checked }) => onChange({ notify: checked })} />
          </div>
          <Field label={t('form.webhook')} hint={t('form.webhookHint')}>
            <Input
              type="url"
              value={draft.webhook}
              placeholder={WEBHOOK}
              disabled={!draft.notify}
              onChange={(_, { value }) => onChange({ webhook: value })}
            />
          </Field>
        </AccordionPanel>
      </AccordionItem>
    </Accordion>
  );
}
