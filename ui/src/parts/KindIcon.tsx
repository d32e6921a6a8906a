/** Icon of an item's kind. */
import { BeakerRegular, BrainCircuitRegular, DocumentDataRegular, DocumentRegular, NotebookRegular, PlayCircleRegular, StackRegular, TableRegular, TableSearchRegular } from '@fluentui/react-icons';

export type IconKind = 'notebook' | 'experiment' | 'model' | 'report' | 'run' | 'table' | 'view' | 'file' | 'workspace';

const ICONS = {
  notebook: NotebookRegular,
  experiment: BeakerRegular,
  model: BrainCircuitRegular,
  report: DocumentDataRegular,
  run: PlayCircleRegular,
  table: TableRegular,
  view: TableSearchRegular,
  file: DocumentRegular,
  workspace: StackRegular,
};

export function KindIcon({ kind, size = 20 }: { kind: IconKind; size?: number }) {
  const Icon = ICONS[kind];
  return <Icon fontSize={size} color="var(--colorBrandForeground1)" style={{ flex: 'none' }} aria-hidden />;
}
