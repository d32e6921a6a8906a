/** The kinds of blocks with their icons. */
import { DataTrendingRegular, TableRegular, TextTRegular } from '@fluentui/react-icons';
import type { Block } from './blocks';

export const KINDS: Block['kind'][] = ['text', 'chart', 'table'];

export const KIND_ICONS = { text: <TextTRegular />, chart: <DataTrendingRegular />, table: <TableRegular /> };
