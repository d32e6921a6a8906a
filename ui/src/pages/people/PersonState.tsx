/** Whether a person signs in, waits for it, or may not. */
import { Badge } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Person } from '../../api/schema';

function stateOf(person: Person): 'disabled' | 'invited' | 'signedOut' | 'active' {
  if (person.disabled_at !== null) return 'disabled';
  if (person.sign_ins > 0 || person.tokens > 0) return 'active';
  return person.invited_until === null ? 'signedOut' : 'invited';
}

const COLORS = { disabled: 'danger', invited: 'informative', signedOut: 'subtle', active: 'success' } as const;

export function PersonState({ person }: { person: Person }) {
  const { t } = useTranslation('people');
  const state = stateOf(person);
  return (
    <Badge appearance="tint" color={COLORS[state]}>
      {t(`state.${state}`)}
    </Badge>
  );
}
