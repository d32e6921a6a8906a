/** The tables of a workspace as a tree: schemas, and the tables in them. */
import type { LakeTables } from '../../api/schema';
import type { Source } from '../../parts/files/source';

/** The tables whose name or schema has the text, and the schemas that hold them; all schemas without a text. */
export function matching(found: LakeTables, text: string): LakeTables {
  const wanted = text.toLocaleLowerCase();
  if (!wanted) return found;
  const tables = found.tables.filter(({ schema, name }) => `${schema}.${name}`.toLocaleLowerCase().includes(wanted));
  const schemas = found.schemas.filter((schema) => tables.some((table) => table.schema === schema));
  return { ...found, schemas, tables };
}

export function tablesSource(workspace: string, { schemas, tables }: LakeTables): Source {
  const names = tables.map(({ schema, name }) => `${schema}/${name}`);
  return {
    id: `tables ${workspace} ${schemas.join(' ')} ${names.join(' ')}`,
    list: (folder) => {
      if (!folder) {
        return Promise.resolve(schemas.map((name) => ({ path: name, name, is_dir: true, size: null, model: false })));
      }
      const inside = tables.filter(({ schema }) => schema === folder);
      return Promise.resolve(
        inside.map(({ schema, name, format }) => ({ path: `${schema}/${name}`, name, is_dir: false, size: null, model: false, kind: format === 'view' ? ('view' as const) : ('table' as const) })),
      );
    },
    content: () => '',
    page: () => '',
  };
}
