// Writes a .br and a .gz beside every built text file, so that the server never compresses while it answers.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const [folder] = process.argv.slice(2);
const names = await readdir(folder, { recursive: true });
for (const name of names.filter((n) => /\.(js|css|html|svg|json|wasm)$/.test(n))) {
  const path = join(folder, name);
  const bytes = await readFile(path);
  if (bytes.length < 1024) continue;
  const quality = bytes.length > 1_000_000 ? 9 : 11; // the best quality takes seconds a megabyte
  await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  await writeFile(
    `${path}.br`,
    brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  );
}
