/** Tables and files of a workspace as one tree, and the code that reads each of its nodes. */
import { get, path } from '../../../api/client';
import { fileAddress, listFiles } from '../../../api/files';
import { lakeId } from '../../../api/tables';
import type { LakeTableDetail, LakeTables } from '../../../api/schema';
import { codeOfFile, codeOfFolder, pythonOf } from '../../../lib/lakeCode';
import type { FileNode, Source } from '../../../parts/files/source';
import { FILES, folder } from '../../files/source';

export const TABLES = 'Tables';

export interface LakeSource extends Source {
  id: string;
}

/** `Tables`, its schemas, their tables and their columns; `Files` and what is in it. */
export function lakeSource(workspace: string): LakeSource {
  const listTables = async (schema: string | undefined): Promise<FileNode[]> => {
    const found = await get<LakeTables>(path`/workspaces/${workspace}/tables`);
    if (schema === undefined) return found.schemas.map((name) => folder(name, `${TABLES}/${name}`));
    const inside = found.tables.filter((table) => table.schema === schema);
    return inside.map(({ name, format }) => ({
      ...folder(name, `${TABLES}/${schema}/${name}`),
      kind: format === 'view' ? 'view' : 'table',
    }));
  };
  const listColumns = async (schema: string, table: string): Promise<FileNode[]> => {
    const { columns } = await get<LakeTableDetail>(path`/workspaces/${workspace}/tables/${schema}/${table}`);
    return columns.map(({ name, type }, at) => ({
      path: `${TABLES}/${schema}/${table}/${at}/${name}`,
      name,
      is_dir: false,
      size: null,
      model: false,
      kind: 'column',
      aside: type,
    }));
  };
  return {
    id: lakeId(workspace),
    list: (at) => {
      if (!at) return Promise.resolve([folder(TABLES), folder(FILES)]);
      const [root, schema, table] = at.split('/');
      if (root !== TABLES) return listFiles(workspace, at);
      return schema !== undefined && table !== undefined ? listColumns(schema, table) : listTables(schema);
    },
    content: (file, download) => fileAddress(workspace, file, download ? 'download' : 'show'),
    page: (file) => fileAddress(workspace, file, 'scripts'),
  };
}

/** The table or view of a node, if it is one. */
export function tableOf(node: FileNode): { schema: string; name: string } | null {
  const [, schema, name] = node.path.split('/');
  return (node.kind === 'table' || node.kind === 'view') && schema !== undefined && name !== undefined ? { schema, name } : null;
}

/** The code that reads what a node stands for; null where there is none to write. */
export function codeOf(node: FileNode): string | null {
  const table = tableOf(node);
  if (table) return pythonOf({ ...table, path: node.path, format: '' });
  if (node.kind === 'column') return JSON.stringify(node.name);
  if (!node.path.startsWith(`${FILES}/`)) return null;
  return node.is_dir ? codeOfFolder(node.path) : codeOfFile(node.path);
}
