typedef int (^block)(int, double); typedef void (^plain)(void);
void walk(void *list, void (^each)(void *item, int index), block b);
struct holder { plain done; int (^const compare)(const void *, const void *); void (^many[3])(void); };
int (^make(void))(int); void *(^variable)(void); int sort(int (^)(int, int));
