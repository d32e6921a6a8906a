/** A panel at the right, over the page: settings and editors. Escape closes it. */
import { Button, DrawerBody, DrawerFooter, DrawerHeader, DrawerHeaderTitle, OverlayDrawer } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ReturnFocus } from './ReturnFocus';
import { useOpened } from './useOpened';

interface Props {
  open: boolean;
  title: string;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
  /** Width in px; never wider than the window. */
  width?: number;
  /** false: the page beside the panel stays usable (a chart editor with its chart). */
  modal?: boolean;
}

export function SidePanel({ open, title, onClose, children, footer, width = 440, modal = true }: Props) {
  const { t } = useTranslation('shell');
  if (!useOpened(open)) return null;
  return (
    <OverlayDrawer
      open={open}
      position="end"
      modalType={modal ? 'modal' : 'non-modal'}
      onOpenChange={(_, data) => {
        if (!data.open) onClose();
      }}
      style={{ width, maxWidth: '100vw' }}
      aria-label={title}
    >
      <DrawerHeader>
        <DrawerHeaderTitle
          action={<Button appearance="subtle" icon={<DismissRegular />} aria-label={t('close')} onClick={onClose} />}
        >
          {title}
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody>
        <ReturnFocus />
        {children}
      </DrawerBody>
      {footer && <DrawerFooter>{footer}</DrawerFooter>}
    </OverlayDrawer>
  );
}
