/** Combobox to choose one or several of many names; typing filters the list. */
import { Input } from '@fluentui/react-components';
import { CheckmarkRegular, ChevronDownRegular } from '@fluentui/react-icons';
import { useId, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { matches } from '../../lib/match';
import styles from './ChoiceBox.module.css';

export interface Choice {
  id: string;
  name: string;
}

export interface ChoiceGroup {
  name: string;
  choices: Choice[];
}

/** Names in the list at once; the rest is found by typing. */
const SHOWN = 100;

interface BoxProps {
  groups: ChoiceGroup[];
  shownValue: string;
  selected: string[];
  multiple: boolean;
  onSelect: (id: string) => void;
  'aria-label'?: string;
}

function narrowed(groups: ChoiceGroup[], typed: string): { groups: ChoiceGroup[]; hidden: number } {
  let room = SHOWN;
  let hidden = 0;
  const found = groups.map((group) => {
    const choices = group.choices.filter((one) => matches(one.name, typed));
    const shown = choices.slice(0, room);
    room -= shown.length;
    hidden += choices.length - shown.length;
    return { ...group, choices: shown };
  });
  return { groups: found.filter((group) => group.choices.length > 0), hidden };
}

function Box({ groups, shownValue, selected, multiple, onSelect, ...field }: BoxProps) {
  const { t } = useTranslation('experiments');
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const found = narrowed(groups, typed);
  const all = found.groups.flatMap((group) => group.choices);
  const show = () => {
    setOpen(true);
    setAt(all.findIndex((one) => selected.includes(one.id)));
  };
  const close = () => {
    setOpen(false);
    setTyped('');
    setAt(-1);
  };
  const take = (choice: Choice) => {
    onSelect(choice.id);
    if (multiple) setTyped('');
    else close();
  };
  const press = (event: KeyboardEvent) => {
    const choice = all[at];
    if (event.key === 'ArrowDown' && !open) show();
    else if (event.key === 'ArrowDown') setAt(Math.min(all.length - 1, at + 1));
    else if (event.key === 'ArrowUp' && open) setAt(Math.max(0, at - 1));
    else if (event.key === 'Enter' && open && choice) take(choice);
    else if (event.key === 'Escape' && open) close();
    else return;
    // The dialog around the box stays: the key was meant for the list.
    event.stopPropagation();
    event.preventDefault();
  };
  return (
    <div className={styles.box} onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && close()}>
      <Input
        {...field}
        ref={input}
        role="combobox"
        className={styles.input}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-autocomplete="list"
        aria-activedescendant={open && at >= 0 ? `${id}-${at}` : undefined}
        autoComplete="off"
        value={open ? typed : shownValue}
        placeholder={open ? shownValue : undefined}
        title={shownValue}
        contentAfter={<ChevronDownRegular aria-hidden onMouseDown={(event) => event.preventDefault()} onClick={() => (open ? close() : show())} />}
        onChange={(_, data) => {
          setTyped(open ? data.value : data.value.replace(shownValue, ''));
          setOpen(true);
          setAt(0);
        }}
        onClick={() => !open && show()}
        onKeyDown={press}
      />
      {open && (
        <div id={id} role="listbox" aria-label={field['aria-label'] ?? t('chart.choices')} aria-multiselectable={multiple} className={styles.list}>
          {all.length === 0 && <p className={styles.none}>{t('chart.nothingFound')}</p>}
          {found.groups.map((group) => (
            <div key={group.name} role="group" aria-label={group.name || undefined}>
              {group.name && <div className={styles.group}>{group.name}</div>}
              {group.choices.map((choice) => {
                const index = all.indexOf(choice);
                return (
                  <div
                    key={choice.id}
                    id={`${id}-${index}`}
                    role="option"
                    aria-selected={selected.includes(choice.id)}
                    data-active={index === at || undefined}
                    ref={index === at ? (element) => element?.scrollIntoView?.({ block: 'nearest' }) : undefined}
                    className={styles.option}
                    title={choice.name}
                    onMouseDown={(event) => event.preventDefault()}
                    onClick={() => take(choice)}
                  >
                    <span className={styles.mark}>{selected.includes(choice.id) && <CheckmarkRegular />}</span>
                    <span className="hl-line">{choice.name}</span>
                  </div>
                );
              })}
            </div>
          ))}
          {found.hidden > 0 && <p className={styles.none}>{t('chart.moreChoices', { count: found.hidden })}</p>}
        </div>
      )}
    </div>
  );
}

export function ChoiceBox(props: { 'aria-label'?: string; value: string; groups: ChoiceGroup[]; onChoose: (id: string) => void }) {
  const { value, groups, onChoose, ...field } = props;
  const name = groups.flatMap((group) => group.choices).find((one) => one.id === value)?.name ?? value;
  return <Box {...field} groups={groups} multiple={false} shownValue={name} selected={value ? [value] : []} onSelect={onChoose} />;
}

export function ManyBox(props: { 'aria-label'?: string; values: string[]; groups: ChoiceGroup[]; onChoose: (ids: string[]) => void }) {
  const { values, groups, onChoose, ...field } = props;
  const toggle = (id: string) => onChoose(values.includes(id) ? values.filter((one) => one !== id) : [...values, id]);
  const names = new Map(groups.flatMap((group) => group.choices.map((choice) => [choice.id, choice.name])));
  return <Box {...field} groups={groups} multiple shownValue={values.map((id) => names.get(id) ?? id).join(', ')} selected={values} onSelect={toggle} />;
}
