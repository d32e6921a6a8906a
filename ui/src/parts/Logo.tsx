/** The mark: threads on a loom, the weft in teal. */
export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden>
      <g stroke="currentColor" strokeOpacity="0.45" strokeWidth="1.5" strokeLinecap="round">
        <path d="M6 3v18M12 3v18M18 3v18" />
      </g>
      <g stroke="var(--colorBrandForeground1)" strokeWidth="2.2" strokeLinecap="round">
        <path d="M3 7.5h5.2M15.8 7.5H21" />
        <path d="M9.8 12h4.4M3 12h1.2M19.8 12H21" />
        <path d="M3 16.5h5.2M15.8 16.5H21" />
      </g>
    </svg>
  );
}
