/** Browsers in which a person is signed in. */
import { Badge, Button } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Token } from '../../api/schema';
import { browserName } from '../../lib/browserName';
import { RowList, RowListItem, RowText } from '../../parts/form/RowList';
import { Hint } from '../../parts/form/Section';
import { RelativeTime } from '../../parts/RelativeTime';

interface Props {
  signIns: Token[];
  /** The id of the browser that looks at the list. */
  current?: string;
  onEnd: (id: string) => void;
}

export function SignInList({ signIns, current, onEnd }: Props) {
  const { t } = useTranslation('people');
  if (!signIns.length) return <Hint>{t('signIns.none')}</Hint>;
  return (
    <RowList label={t('signIns.title')}>
      {signIns.map((one) => (
        <RowListItem key={one.id}>
          <RowText
            detail={
              <>
                {one.address && `${one.address} · `}
                {t('signIns.since')} <RelativeTime at={one.created_at} />
                {one.last_used_at !== null && (
                  <>
                    {' · '}
                    {t('signIns.used')} <RelativeTime at={one.last_used_at} />
                  </>
                )}
              </>
            }
          >
            <span className="hl-line" title={one.name}>
              {browserName(one.name)}{' '}
              {one.id === current && <Badge appearance="tint">{t('signIns.this')}</Badge>}
            </span>
          </RowText>
          {one.id !== current && (
            <Button size="small" aria-label={t('signIns.endNamed', { name: browserName(one.name) })} onClick={() => onEnd(one.id)}>
              {t('signIns.end')}
            </Button>
          )}
        </RowListItem>
      ))}
    </RowList>
  );
}
