/** Tabs over a displayed frame: its table, its charts, and "New chart" with those that suit its columns. */
import { Menu, MenuDivider, MenuGroup, MenuGroupHeader, MenuItem, MenuList, MenuPopover, MenuTrigger, Tab, TabList, Button } from '@fluentui/react-components';
import { AddRegular, TableRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Frame } from '../frame';
import { CHART_ICONS } from './chartIcons';
import styles from './ChartTabs.module.css';
import { firstChart, MOST_CHARTS, recommended, type FrameChart, type Proposal } from './frameChart';
import { useChartTitle } from './useChartTitle';

export const TABLE_TAB = '';

interface Props {
  frame: Frame;
  charts: FrameChart[];
  /** The id of the chart that is shown; '' is the table. */
  shown: string;
  onShow: (id: string) => void;
  /** Null: charts cannot be added here. */
  onAdd: ((proposal: Proposal, own: boolean) => void) | null;
  /** Why a chart cannot be added now. */
  hindrance: string | null;
}

export function ChartTabs({ frame, charts, shown, onShow, onAdd, hindrance }: Props) {
  const { t } = useTranslation('notebooks');
  const title = useChartTitle();
  if (charts.length === 0 && !onAdd) return null;
  const full = charts.length >= MOST_CHARTS ? t('chart.most', { count: MOST_CHARTS }) : hindrance;
  return (
    <div className={styles.tabs}>
      <TabList size="small" selectedValue={shown} onTabSelect={(_, { value }) => onShow(String(value))} aria-label={t('chart.tabs')}>
        <Tab value={TABLE_TAB} icon={<TableRegular />}>
          {t('chart.table')}
        </Tab>
        {charts.map((chart) => (
          <Tab key={chart.id} value={chart.id} icon={CHART_ICONS[chart.type]}>
            <span className={styles.name}>{title(chart)}</span>
          </Tab>
        ))}
      </TabList>
      {onAdd && (
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button size="small" appearance="subtle" icon={<AddRegular />} disabled={full !== null} title={full ?? undefined}>
              {t('chart.new')}
            </Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuGroup>
                <MenuGroupHeader>{t('chart.recommended')}</MenuGroupHeader>
                {recommended(frame).map((one) => (
                  <MenuItem key={`${one.type} ${title(one)}`} icon={CHART_ICONS[one.type]} onClick={() => onAdd(one, false)}>
                    {title(one)}
                  </MenuItem>
                ))}
              </MenuGroup>
              <MenuDivider />
              <MenuItem icon={<AddRegular />} onClick={() => onAdd(firstChart(frame), true)}>
                {t('chart.own')}
              </MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
    </div>
  );
}
