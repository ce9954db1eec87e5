import Link from "next/link";

export const metadata = { title: "Products" };

export default function Products() {
  return (
    <>
      <h1>Products</h1>
      <ul>
        <li><Link href="/products/web-services">Web services</Link></li>
      </ul>
    </>
  );
}
