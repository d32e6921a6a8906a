/** One entry of the rail: an icon above a short name, as a link or as the button of a fly-out. */
import { forwardRef, type ComponentProps, type ReactNode } from 'react';
import { NavLink } from 'react-router';
import styles from './RailEntry.module.css';

interface Look {
  icon: ReactNode;
  /** The icon while the entry's page is open. */
  activeIcon: ReactNode;
  label: string;
}

function Content({ icon, label }: { icon: ReactNode; label: string }) {
  return (
    <>
      <span className={styles.icon}>{icon}</span>
      <span className={styles.label}>{label}</span>
    </>
  );
}

const classOf = (active: boolean) => `${styles.entry} ${active ? styles.active : ''}`;

export function RailLink({ icon, activeIcon, label, ...link }: Look & { to: string; title?: string; 'aria-label'?: string }) {
  return (
    <NavLink {...link} end className={({ isActive }) => classOf(isActive)}>
      {({ isActive }) => <Content icon={isActive ? activeIcon : icon} label={label} />}
    </NavLink>
  );
}

/** Takes what a Fluent trigger adds to its child. */
export const RailButton = forwardRef<HTMLButtonElement, Look & { active: boolean } & ComponentProps<'button'>>(
  function RailButton({ icon, activeIcon, label, active, ...button }, ref) {
    return (
      <button {...button} ref={ref} type="button" className={classOf(active)}>
        <Content icon={active ? activeIcon : icon} label={label} />
      </button>
    );
  },
);
