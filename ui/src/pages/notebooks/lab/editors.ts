/** The code editors of the cells: languages, look, and their binding to the shared document. */
import { markdown } from '@codemirror/lang-markdown';
import { EditorView } from '@codemirror/view';
import type { IYText } from '@jupyter/ydoc';
import {
  CodeMirrorEditorFactory,
  CodeMirrorMimeTypeService,
  EditorExtensionRegistry,
  EditorLanguageRegistry,
  EditorThemeRegistry,
  ybinding,
} from '@jupyterlab/codemirror';
import type { ITranslator } from '@jupyterlab/translation';
import { i18n } from '../../../lib/i18n';
import type { HoverExplanation } from './explanation';
import { failingLineMark } from './failingLine';

const LANGUAGES = ['ipython', 'Python', 'Markdown', 'SQL', 'R', 'JSON', 'YAML', 'Shell'];

function createLanguages(): EditorLanguageRegistry {
  const languages = new EditorLanguageRegistry();
  for (const language of EditorLanguageRegistry.getDefaultLanguages()) {
    if (LANGUAGES.includes(language.name)) languages.addLanguage(language);
  }
  // what Jupyter calls the text of a markdown cell
  languages.addLanguage({ name: 'ipythongfm', mime: 'text/x-ipythongfm', load: () => Promise.resolve(markdown()) });
  return languages;
}

function isShared(model: object): model is IYText {
  return 'ysource' in model;
}

function createExtensions(translator: ITranslator, hover?: HoverExplanation): EditorExtensionRegistry {
  const themes = new EditorThemeRegistry();
  for (const theme of EditorThemeRegistry.getDefaultThemes(translator)) themes.addTheme(theme);
  const extensions = new EditorExtensionRegistry();
  for (const factory of EditorExtensionRegistry.getDefaultExtensions({ themes, translator })) {
    extensions.addExtension(factory);
  }
  extensions.addExtension({
    name: 'shared-model-binding',
    factory: ({ model }) => {
      const shared = model.sharedModel;
      if (!isShared(shared)) return null;
      const binding = ybinding({ ytext: shared.ysource, undoManager: shared.undoManager ?? undefined });
      return EditorExtensionRegistry.createImmutableExtension(binding);
    },
  });
  extensions.addExtension({
    name: 'spoken-name',
    factory: () => EditorExtensionRegistry.createImmutableExtension(EditorView.contentAttributes.of({ 'aria-label': i18n.t('notebooks:lab.cellEditor') })),
  });
  extensions.addExtension({
    name: 'failing-line',
    factory: ({ model }) => {
      const mark = failingLineMark(model);
      return mark && EditorExtensionRegistry.createImmutableExtension(mark);
    },
  });
  if (hover) {
    extensions.addExtension({
      name: 'hover-explanation',
      factory: ({ model }) =>
        model.mimeType === 'text/x-markdown' ? null : EditorExtensionRegistry.createImmutableExtension(hover.extension),
    });
  }
  return extensions;
}

export interface Editors {
  languages: EditorLanguageRegistry;
  factory: CodeMirrorEditorFactory;
  mimeTypes: CodeMirrorMimeTypeService;
}

/** With `hover`, names in cells are explained under the pointer. */
export function createEditors(translator: ITranslator, hover?: HoverExplanation): Editors {
  const languages = createLanguages();
  const extensions = createExtensions(translator, hover);
  return {
    languages,
    factory: new CodeMirrorEditorFactory({ extensions, languages, translator }),
    mimeTypes: new CodeMirrorMimeTypeService(languages),
  };
}
