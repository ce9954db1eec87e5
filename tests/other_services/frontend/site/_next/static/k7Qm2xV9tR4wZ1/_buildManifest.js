self.__BUILD_MANIFEST={sortedPages:["/","/_app","/about","/consulting","/products","/products/web-services"]};self.__BUILD_MANIFEST_CB&&self.__BUILD_MANIFEST_CB();
