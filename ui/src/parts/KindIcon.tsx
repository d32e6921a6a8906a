/** Icon of an item's kind. */
import { BeakerRegular, BrainCircuitRegular, NotebookRegular, PlayCircleRegular, StackRegular, TableRegular } from '@fluentui/react-icons';

export type IconKind = 'notebook' | 'experiment' | 'model' | 'run' | 'table' | 'workspace';

const ICONS = {
  notebook: NotebookRegular,
  experiment: BeakerRegular,
  model: BrainCircuitRegular,
  run: PlayCircleRegular,
  table: TableRegular,
  workspace: StackRegular,
};

export function KindIcon({ kind, size = 20 }: { kind: IconKind; size?: number }) {
  const Icon = ICONS[kind];
  return <Icon fontSize={size} color="var(--colorBrandForeground1)" style={{ flex: 'none' }} aria-hidden />;
}
