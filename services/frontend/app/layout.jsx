import Link from "next/link";
import "./style.css";

export const metadata = {
  title: { default: "Alternate Futures", template: "%s | Alternate Futures" },
  icons: { icon: "/assets/logo.svg" },
};

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <header>
          <Link href="/"><img src="/assets/logo.svg" alt="Alternate Futures" /></Link>
          <nav>
            <Link href="/consulting">Consulting</Link> · <Link href="/products">Products</Link>
          </nav>
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
}
