import "./skeleton.css";

/** Rows that are being asked for, in their final size. `label` says what is waited for. */
export function SkeletonRows({ rows = 6, label = "Loading" }: { readonly rows?: number; readonly label?: string }) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="skeleton-row" />
      ))}
    </div>
  );
}
