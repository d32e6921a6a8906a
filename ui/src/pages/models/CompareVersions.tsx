/** The ticked versions of a model side by side, compared as runs are. */
import { Button } from '@fluentui/react-components';
import { TableMoveLeftRegular } from '@fluentui/react-icons';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ModelView } from '../../api/schema';
import { colorsOf } from '../../lib/chartColors';
import { EmptyState } from '../../parts/EmptyState';
import { CompareTable, type Compared } from '../experiments/CompareTable';
import type { ChangeModelState, ModelState, useModelState } from './address';

interface Props {
  model: ModelView;
  state: ModelState;
  change: ChangeModelState;
  link: ReturnType<typeof useModelState>['link'];
}

export function CompareVersions({ model, state, change, link }: Props) {
  const { t } = useTranslation('models');
  const compared = useMemo(() => {
    const found = state.picked.flatMap((number) => model.versions.filter((one) => one.version === number));
    const colors = colorsOf(found.map((one) => String(one.version)));
    return found.map((one): Compared => ({
      id: String(one.version),
      name: [t('version', { version: one.version }), ...one.aliases.map((alias) => `@${alias}`)].join(' '),
      note: one.run_name ?? undefined,
      color: colors.get(String(one.version)),
      to: link({ view: 'version', version: one.version }),
      metrics: one.metrics,
      params: one.params,
    }));
  }, [model, state.picked, link, t]);
  if (compared.length < 2) {
    return (
      <EmptyState
        icon={<TableMoveLeftRegular />}
        title={t('compare.none')}
        text={t('compare.noneText')}
        actions={
          <Button appearance="primary" onClick={() => change({ view: 'table' })}>
            {t('compare.toTable')}
          </Button>
        }
      />
    );
  }
  return (
    <CompareTable
      label={t('compare.label')}
      same={t('compare.same')}
      compared={compared}
      baseline={state.baseline}
      onBaseline={(baseline) => change({ baseline }, true)}
      directions={{}}
      fileName={model.name}
    />
  );
}
