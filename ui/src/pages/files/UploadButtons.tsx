/** Buttons that upload files or a folder, and while that goes on, its progress and the way to stop it. */
import { Button, Spinner, Tooltip } from '@fluentui/react-components';
import { ArrowUploadRegular, DismissRegular, FolderArrowUpRegular } from '@fluentui/react-icons';
import { useRef, type ChangeEvent } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  folder: string;
  /** The part that is written, from 0 to 1; null where nothing is uploaded. */
  progress: number | null;
  onFiles: (files: File[]) => void;
  onStop: () => void;
}

export function UploadButtons({ folder, progress, onFiles, onStop }: Props) {
  const { t } = useTranslation('files');
  const files = useRef<HTMLInputElement>(null);
  const folders = useRef<HTMLInputElement>(null);
  const take = (event: ChangeEvent<HTMLInputElement>) => {
    onFiles([...(event.target.files ?? [])]);
    event.target.value = '';
  };
  return (
    <>
      <Button
        size="small"
        icon={progress === null ? <ArrowUploadRegular /> : <Spinner size="extra-tiny" />}
        disabled={progress !== null}
        title={t('uploadTo', { folder })}
        onClick={() => files.current?.click()}
      >
        {progress === null ? t('upload') : t('uploading', { percent: Math.floor(progress * 100) })}
      </Button>
      {progress === null ? (
        <Tooltip content={t('uploadFolderTo', { folder })} relationship="label">
          <Button size="small" appearance="subtle" icon={<FolderArrowUpRegular />} onClick={() => folders.current?.click()} />
        </Tooltip>
      ) : (
        <Tooltip content={t('stopUpload')} relationship="label">
          <Button size="small" appearance="subtle" icon={<DismissRegular />} onClick={onStop} />
        </Tooltip>
      )}
      <input ref={files} type="file" multiple hidden aria-label={t('uploadTo', { folder })} onChange={take} />
      <input
        ref={folders}
        type="file"
        multiple
        hidden
        {...{ webkitdirectory: '' }}
        aria-label={t('uploadFolderTo', { folder })}
        onChange={take}
      />
    </>
  );
}
