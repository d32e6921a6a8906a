/** Toolbar above the list: new item, upload, delete selected, keyword and type filters. */
import {
  Button,
  Dropdown,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Option,
  SearchBox,
  Spinner,
  SplitButton,
} from '@fluentui/react-components';
import { AddRegular, ArrowUploadRegular, BranchRegular, DeleteRegular, FolderAddRegular, FolderArrowRightRegular } from '@fluentui/react-icons';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { Item } from '../../api/schema';
import { KindIcon } from '../../parts/KindIcon';
import type { Uploading } from './useUpload';
import styles from './ItemTools.module.css';

export const KINDS: Item['kind'][] = ['notebook', 'experiment', 'model', 'report'];

interface Props {
  canWrite: boolean;
  picked: number;
  uploading: Uploading | null;
  onNew: (kind: Item['kind']) => void;
  onNewFolder: () => void;
  onUpload: (files: File[]) => void;
  onFromGit: () => void;
  onMove: () => void;
  onDelete: () => void;
}

function NewItemMenu({ onNew, onNewFolder }: Pick<Props, 'onNew' | 'onNewFolder'>) {
  const { t } = useTranslation(['workspaces', 'shell']);
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button appearance="primary" icon={<AddRegular />}>
          {t('workspaces:newItem.title')}
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {KINDS.map((kind) => (
            <MenuItem key={kind} icon={<KindIcon kind={kind} />} onClick={() => onNew(kind)}>
              {t(`shell:kinds.${kind}`)}
            </MenuItem>
          ))}
          <MenuDivider />
          <MenuItem icon={<FolderAddRegular />} onClick={onNewFolder}>
            {t('workspaces:folders.new')}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

function Filters() {
  const { t } = useTranslation(['workspaces', 'shell']);
  const [search, setSearch] = useSearchParams();
  const kinds = KINDS.filter((kind) => search.getAll('type').includes(kind));
  const change = (edit: (next: URLSearchParams) => void) =>
    setSearch(
      (old) => {
        edit(old);
        return old;
      },
      { replace: true },
    );
  return (
    <>
      <SearchBox
        className={styles.filter}
        value={search.get('filter') ?? ''}
        placeholder={t('workspaces:filter')}
        aria-label={t('workspaces:filter')}
        onChange={(_, { value }) => change((next) => (value ? next.set('filter', value) : next.delete('filter')))}
      />
      <Dropdown
        multiselect
        className={styles.type}
        aria-label={t('workspaces:type.label')}
        selectedOptions={kinds}
        value={kinds.length ? kinds.map((kind) => t(`shell:kinds.${kind}`)).join(', ') : t('workspaces:type.all')}
        onOptionSelect={(_, { selectedOptions }) =>
          change((next) => {
            next.delete('type');
            for (const kind of selectedOptions) next.append('type', kind);
          })
        }
      >
        {KINDS.map((kind) => (
          <Option key={kind} value={kind}>
            {t(`shell:kinds.${kind}`)}
          </Option>
        ))}
      </Dropdown>
    </>
  );
}

export function ItemTools({ canWrite, picked, uploading, onNew, onNewFolder, onUpload, onFromGit, onMove, onDelete }: Props) {
  const { t } = useTranslation('workspaces');
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className={styles.tools}>
      {canWrite && (
        <>
          <NewItemMenu onNew={onNew} onNewFolder={onNewFolder} />
          <Menu positioning="below-end">
            <MenuTrigger disableButtonEnhancement>
              {(trigger) => (
                <SplitButton
                  icon={uploading ? <Spinner size="tiny" /> : <ArrowUploadRegular />}
                  disabled={uploading !== null}
                  primaryActionButton={{ title: t('upload.hint'), onClick: () => input.current?.click() }}
                  menuButton={{ ...trigger, 'aria-label': t('upload.moreWays') }}
                >
                  {uploading ? t('upload.progress', { ...uploading }) : t('upload.title')}
                </SplitButton>
              )}
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                <MenuItem icon={<BranchRegular />} onClick={onFromGit}>
                  {t('upload.fromGit')}
                </MenuItem>
              </MenuList>
            </MenuPopover>
          </Menu>
          <input
            ref={input}
            type="file"
            accept=".ipynb,.py,.zip"
            multiple
            hidden
            aria-label={t('upload.hint')}
            onChange={(event) => {
              onUpload([...(event.target.files ?? [])]);
              event.target.value = '';
            }}
          />
          {picked > 0 && (
            <>
              <Button appearance="subtle" icon={<FolderArrowRightRegular />} onClick={onMove}>
                {t('folders.moveMany', { count: picked })}
              </Button>
              <Button appearance="subtle" icon={<DeleteRegular />} onClick={onDelete}>
                {t('remove.button', { count: picked })}
              </Button>
            </>
          )}
        </>
      )}
      <span className={styles.spacer} />
      <Filters />
    </div>
  );
}
