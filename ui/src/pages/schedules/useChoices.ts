/** What a schedule may choose for its runs instead of its notebook: environment, Spark engine and capacity. */
import { useTranslation } from 'react-i18next';
import { useCapacities } from '../../api/capacities';
import { useEngines } from '../../api/engines';
import { useEnvironments } from '../../api/environments';
import { useCapacityName } from '../../parts/CapacityField';
import { useEngineName } from '../../parts/EngineField';

export const CHOICES = ['environment', 'engine', 'capacity'] as const;
export type Choice = (typeof CHOICES)[number];
export type Chosen = Record<Choice, string>;

interface Named {
  id: string;
  name: string;
}

/** Everything that can be chosen in a workspace, in order; undefined while it is read. */
export function useChoices(workspace: string): Record<Choice, Named[] | undefined> {
  const { t } = useTranslation('schedules');
  const environments = useEnvironments(workspace).data;
  const engines = useEngines().data;
  const capacities = useCapacities().data?.capacities;
  const engineName = useEngineName();
  const capacityName = useCapacityName();
  return {
    environment: environments && [...environments.map(({ id, name }) => ({ id, name })), { id: 'none', name: t('form.builtIn') }],
    engine: engines?.map(({ id }) => ({ id, name: engineName(id, engines) })),
    capacity: capacities?.map((one) => ({ id: one.id, name: capacityName(one) })),
  };
}

/** The names of what a schedule has chosen, by what it is; nothing for what is as in the notebook. */
export function useChosen(workspace: string): (schedule: Chosen) => { choice: Choice; name: string }[] {
  const choices = useChoices(workspace);
  return (schedule) =>
    CHOICES.filter((choice) => schedule[choice]).map((choice) => ({
      choice,
      name: choices[choice]?.find(({ id }) => id === schedule[choice])?.name ?? schedule[choice],
    }));
}
