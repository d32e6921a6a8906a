/** The rules that delete old runs: the list, what one would delete, turning one on, and making one. */
import { Badge, Button } from '@fluentui/react-components';
import { AddRegular, DeleteRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRemoveRetentionRule, useRetentionRules, useTurnRetentionRule } from '../../api/retention';
import type { RetentionRule, Workspace } from '../../api/schema';
import { formatNumber } from '../../lib/format';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { FailureBar } from '../../parts/FailureBar';
import { RowList, RowListItem, RowText } from '../../parts/form/RowList';
import { Hint } from '../../parts/form/Section';
import { RetentionDryRun } from './RetentionDryRun';
import { RetentionForm } from './RetentionForm';

/** A rule in words: "Runs of churn that ended more than 90 days ago". */
function useRuleText() {
  const { t, i18n } = useTranslation('settings');
  return ({ days, experiment, experiment_name: name }: RetentionRule) =>
    experiment
      ? t('retention.ofExperiment', { count: days, days: formatNumber(days, i18n.language), name })
      : t('retention.ofAll', { count: days, days: formatNumber(days, i18n.language) });
}

function RuleDetail({ rule }: { rule: RetentionRule }) {
  const { t, i18n } = useTranslation('settings');
  const parts = [
    rule.keep_tags.length ? t('retention.keeps', { tags: rule.keep_tags.join(', ') }) : t('retention.keepsNone'),
    rule.deleted > 0 && t('retention.deleted', { count: rule.deleted, runs: formatNumber(rule.deleted, i18n.language) }),
  ];
  return <>{parts.filter(Boolean).join(' · ')}</>;
}

export function RetentionRules({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation('settings');
  const { data } = useRetentionRules(workspace.id);
  const turn = useTurnRetentionRule();
  const remove = useRemoveRetentionRule();
  const text = useRuleText();
  const [looking, setLooking] = useState<number | null>(null);
  const [removing, setRemoving] = useState<RetentionRule | null>(null);
  const [adding, setAdding] = useState(false);
  const admin = workspace.role === 'admin';
  const rules = data ?? [];
  return (
    <>
      {data?.length === 0 && !adding && <Hint>{t('retention.none')}</Hint>}
      {rules.length > 0 && (
        <RowList label={t('retention.title')}>
          {rules.map((rule) => (
            <RowListItem key={rule.id}>
              <RowText detail={<RuleDetail rule={rule} />}>{text(rule)}</RowText>
              <Badge appearance="tint" color={rule.enabled ? 'success' : 'informative'}>
                {t(rule.enabled ? 'retention.on' : 'retention.off')}
              </Badge>
              {admin && (
                <>
                  {rule.enabled ? (
                    <Button
                      size="small"
                      onClick={() => turn.mutate({ workspace: workspace.id, retention_rule: rule.id, enabled: false })}
                    >
                      {t('retention.turnOff')}
                    </Button>
                  ) : (
                    <Button size="small" onClick={() => setLooking(rule.id)}>
                      {t('retention.look')}
                    </Button>
                  )}
                  <Button
                    appearance="subtle"
                    icon={<DeleteRegular />}
                    aria-label={t('retention.removeNamed', { rule: text(rule) })}
                    title={t('retention.remove')}
                    onClick={() => setRemoving(rule)}
                  />
                </>
              )}
            </RowListItem>
          ))}
        </RowList>
      )}
      <FailureBar error={turn.error} />
      {admin && !adding && (
        <div>
          <Button icon={<AddRegular />} onClick={() => setAdding(true)}>
            {t('retention.add')}
          </Button>
        </div>
      )}
      {!admin && <Hint>{t('general.adminOnly')}</Hint>}
      {adding && (
        <RetentionForm
          workspace={workspace.id}
          onClose={() => setAdding(false)}
          onMade={(rule) => {
            setAdding(false);
            setLooking(rule);
          }}
        />
      )}
      <RetentionDryRun workspace={workspace.id} rule={rules.find((rule) => rule.id === looking) ?? null} onClose={() => setLooking(null)} />
      <ConfirmDialog
        open={removing !== null}
        danger
        title={t('retention.removeTitle')}
        confirmLabel={t('retention.remove')}
        onConfirm={() => (removing ? remove.mutateAsync({ workspace: workspace.id, rule: removing.id }) : undefined)}
        onClose={() => setRemoving(null)}
      >
        {t('retention.removeText')}
      </ConfirmDialog>
    </>
  );
}
